import type { ClockEnv } from '../clock/clock.ts';
import type { Launch } from '../process/guardian-protocol.ts';
import type { ToolRunner } from '../process/run-tool.ts';
import type { ServerRecord, StackShape } from '../stack/state.ts';
import type { PartName } from './part-name.ts';

/** Where one native server lives. */
export interface Place {
  /** Its folder in the stack, removed with the stack. */
  readonly dir: string;
  readonly dataDir: string;
  readonly logFile: string;
  readonly ports: Readonly<Record<string, number>>;
}

/** What a native install may use: a runner for tools, the per-user cache, and a way to report progress. */
export interface InstallContext {
  readonly run: ToolRunner;
  readonly cacheRoot: string;
  readonly report: (message: string) => void;
  /** Variables of the clock that the servers should use, if they support one. */
  readonly clock?: ClockEnv;
  /** The time zone that the servers should run in, if they support one. */
  readonly timeZone?: string;
}

/** One server to be started natively. */
export interface NativeServer {
  readonly id: string;
  readonly version: string;
  /** `main` and, for some, more. */
  readonly portNames: readonly string[];
  /** Makes data and settings. It runs on every start, so it keeps existing data. */
  prepare(place: Place): Promise<void>;
  launch(place: Place): Launch;
  describe(place: Place): Pick<ServerRecord, 'url' | 'adminUrl' | 'identity' | 'group'>;
}

/** A file that is put into a container before it starts. */
export interface ContainerFile {
  readonly target: string;
  readonly content: string;
  readonly mode?: number;
}

/** Where one container lives. */
export interface ContainerPlace {
  readonly stackDir: string;
  readonly ports: Readonly<Record<string, number>>;
}

/** One server to be started as a container. */
export interface ContainerServer {
  readonly id: string;
  readonly image: string;
  /** `ORDERSHARD_IMAGE_…` names another image. */
  readonly imageSetting: 'MYSQL' | 'KAFKA' | 'MONGODB' | 'REDIS' | 'CONNECT';
  readonly version: string;
  readonly portNames: readonly string[];
  /** The container's port of each port name; a missing name has the same number inside as outside. */
  readonly inside: Readonly<Record<string, number>>;
  /** Shares the host's network, for a server that must reach others at their 127.0.0.1 addresses. */
  readonly hostNetwork?: boolean;
  readonly entrypoint?: readonly string[];
  /** Folders of the host that are copied into the container before it starts. */
  readonly folders?: readonly { readonly source: string; readonly target: string }[];
  command(place: ContainerPlace): readonly string[];
  environment(place: ContainerPlace): Readonly<Record<string, string>>;
  files(place: ContainerPlace): readonly ContainerFile[];
  describe(place: ContainerPlace): Pick<ServerRecord, 'url' | 'adminUrl' | 'identity'>;
}

export type Servers = Readonly<Record<string, ServerRecord>>;

/** A kind of server: how to use the user's own, how to start one, and how to check whether it is well. */
export interface Part {
  readonly name: PartName;
  title(shape: StackShape): string;
  /** The variable that names the user's own servers. */
  readonly variable: string;
  /** Parts that are started before it. */
  readonly after: readonly PartName[];
  /** What to install so that it can be started natively. */
  readonly advice: readonly string[];
  /** The user's servers, from the variable's value. @throws SettingError when it cannot be read */
  fromUrl(value: string, shape: StackShape): readonly ServerRecord[];
  /** Fetches what is missing and returns the servers to start. */
  native(context: InstallContext, shape: StackShape, servers: Servers): Promise<readonly NativeServer[]>;
  containers(
    context: InstallContext,
    shape: StackShape,
    servers: Servers,
  ): Promise<readonly ContainerServer[]>;
  /** Throws unless the server answers and is the server of the record. */
  check(record: ServerRecord): Promise<void>;
  /** Brings a started server to a state in which `check` passes; called until it does. Default: `check`. */
  makeReady?(record: ServerRecord, servers: Servers): Promise<void>;
  /** The variables that callers get. */
  env(records: readonly ServerRecord[]): Readonly<Record<string, string>>;
}
