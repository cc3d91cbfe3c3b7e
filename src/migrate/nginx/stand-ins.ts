/** A well-known file that configurations include and that often is on another machine. */
export interface StandIn {
  /** What it is. */
  readonly what: string;
  /** The directives of it that matter here. */
  readonly text: string;
}

const standIns: readonly (readonly [RegExp, StandIn])[] = [
  [/\/options-ssl-nginx\.conf$/, { what: "certbot's TLS settings", text: '' }],
  [/(?:^|\/)mime\.types$/, { what: 'types of files', text: '' }],
  [
    /(?:^|\/)(?:fastcgi|uwsgi|scgi)_params$|(?:^|\/)fastcgi\.conf$/,
    { what: 'parameters for other protocols', text: '' },
  ],
  [
    /(?:^|\/)proxy_params$/,
    {
      what: "Debian's proxy_params",
      text: `proxy_set_header Host $http_host;
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme;
`,
    },
  ],
  [
    /conf\.d\/include\/proxy\.conf$/,
    {
      what: "Nginx Proxy Manager's proxy.conf",
      text: `add_header X-Served-By $host;
proxy_set_header Host $host;
proxy_set_header X-Forwarded-Scheme $scheme;
proxy_set_header X-Forwarded-Proto $scheme;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Real-IP $remote_addr;
proxy_pass $forward_scheme://$server:$port$request_uri;
`,
    },
  ],
  [
    /conf\.d\/include\/ssl-(?:ciphers|cache(?:-stream)?)\.conf$/,
    { what: "Nginx Proxy Manager's TLS settings", text: '' },
  ],
  [/conf\.d\/include\/letsencrypt-acme-challenge\.conf$/, { what: "Nginx Proxy Manager's challenges", text: '' }],
  [/conf\.d\/include\/force-ssl\.conf$/, { what: "Nginx Proxy Manager's redirect to HTTPS", text: '' }],
];

/** The stand-in for an included file that is not there, by the name it is included by; null when nothing is known about it. */
export function standInFor(name: string): StandIn | null {
  return standIns.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}
