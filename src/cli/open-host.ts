export { type HostOptions, openHost, RunningHost } from '../open-host.ts';
