/** What TLS needs to know, each as PEM text. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** What a request must carry to be let in. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
}

/** Where the API server is and how to get in. */
export interface ClusterAccess {
  /** Base URL; may have a path, as behind a proxy for many clusters. */
  readonly server: URL;
  /** The namespace of the kubeconfig's context, or the pod's own. */
  readonly namespace: string | undefined;
  /** Reads tokens and certificates afresh. Called again every few seconds and after a 401, so it may be slow but not wrong. */
  readCredentials(): Promise<Credentials>;
}
