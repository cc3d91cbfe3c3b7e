import { suggest } from '../../control/config/suggest.ts';
import type { Verdict } from '../verdict.ts';
import type { Directive } from './directive.ts';
import type { Ledger } from './ledger.ts';
import { isChallenge, ownChallenge } from './rules.ts';

/** Directives that mean the same wherever they stand, in groups with the same verdict. */
const groups: readonly (readonly [verdict: Verdict, note: string, names: string])[] = [
  [
    'carried',
    'Sallyport does this by itself',
    'ProxyPassReverse ProxyPassReverseCookieDomain ProxyPassReverseCookiePath SSLProxyEngine Protocols ProtocolsHonorOrder',
  ],
  ['carried', 'defined', 'Define UnDefine'],
  [
    'carried',
    'not needed: Sallyport has its own',
    'SSLHonorCipherOrder SSLCompression SSLInsecureRenegotiation SSLSessionTickets SSLSessionCache SSLSessionCacheTimeout SSLRandomSeed SSLStaplingCache SSLUseStapling SSLStaplingResponderTimeout SSLStaplingReturnResponderErrors SSLCryptoDevice SSLStrictSNIVHostCheck SSLSessionTicketKeyFile SSLOpenSSLConfCmd SSLVerifyDepth SSLRenegBufferSize SSLFIPS Mutex SSLPassPhraseDialog',
  ],
  [
    'carried',
    'not needed: Sallyport is one program without modules',
    'LoadModule LoadFile ServerRoot PidFile DefaultRuntimeDir ScoreBoardFile CoreDumpDirectory LockFile ExtendedStatus WSGISocketPrefix WSGIRestrictStdin WSGIRestrictStdout WSGIRestrictSignal WSGIRestrictEmbedded',
  ],
  [
    'carried',
    'not needed: a process for each core (workers)',
    'StartServers MinSpareServers MaxSpareServers MinSpareThreads MaxSpareThreads ThreadsPerChild ServerLimit ThreadLimit MaxRequestWorkers MaxClients MaxConnectionsPerChild MaxRequestsPerChild ThreadStackSize AsyncRequestWorkerFactor ListenBacklog MaxKeepAliveRequests EnableMMAP EnableSendfile AcceptFilter H2Direct H2MaxSessionStreams H2Push H2WindowSize H2ModernTLSOnly H2Upgrade SendBufferSize ReceiveBufferSize',
  ],
  [
    'carried',
    'not needed: the gate says little about itself',
    'ServerTokens ServerSignature ServerAdmin HostnameLookups TraceEnable UseCanonicalName UseCanonicalPhysicalPort ProxyVia LogLevel MaxRanges ContentDigest IdentityCheck NameVirtualHost ProxyStatus GracefulShutdownTimeout',
  ],
  [
    'carried',
    'not needed: the path is passed on untouched',
    'AllowEncodedSlashes MergeSlashes HttpProtocolOptions ProxyBadHeader ProxyIOBufferSize ProxyReceiveBufferSize ProxyMaxForwards ProxyBlock NoProxy ProxyDomain',
  ],
  [
    'carried',
    'about files, and Sallyport serves none',
    'Options AllowOverride AllowOverrideList AccessFileName DirectoryIndex DirectorySlash FallbackResource TypesConfig AddType ForceType DefaultType AddLanguage AddCharset AddDefaultCharset RemoveType MIMEMagicFile FileETag LanguagePriority ForceLanguagePriority IndexOptions IndexIgnore AddIcon AddIconByType AddIconByEncoding AddAlt DefaultIcon ReadmeName HeaderName AddEncoding MultiviewsMatch SSLOptions SSLRequireSSL UserDir CheckSpelling XSendFile XSendFilePath',
  ],
  ['carried', 'does nothing here', 'BrowserMatch BrowserMatchNoCase'],
  [
    'refused',
    'Sallyport serves no files: keep a server for them on a loopback port and write that port in a route, or let the app serve them',
    'Alias AliasMatch ScriptAlias ScriptAliasMatch VirtualDocumentRoot VirtualScriptAlias Action ScriptInterpreterSource',
  ],
  [
    'refused',
    'Sallyport runs no CGI, PHP or other handlers: keep a server for them on a loopback port and write that port in `to`, or use `app:`',
    'SetHandler AddHandler FcgidWrapper FCGIWrapper FastCgiServer FastCgiExternalServer php_value php_flag php_admin_value php_admin_flag PassengerRoot PassengerRuby PassengerEnabled PassengerAppRoot PassengerPython PerlRequire',
  ],
  [
    'refused',
    'Sallyport does not compress or change answers: let the app do it',
    'AddOutputFilterByType AddOutputFilter SetOutputFilter SetInputFilter AddInputFilter DeflateCompressionLevel DeflateFilterNote DeflateBufferSize DeflateMemLevel DeflateWindowSize BrotliCompressionQuality FilterDeclare FilterProvider FilterChain Substitute ProxyHTMLEnable ProxyHTMLURLMap ProxyHTMLLinks ProxyHTMLEvents ProxyHTMLInterp ProxyHTMLExtended ProxyHTMLMeta xml2EncDefault',
  ],
  [
    'refused',
    'Sallyport keeps no copies of answers: let the app say Cache-Control',
    'CacheEnable CacheDisable CacheRoot CacheQuickHandler CacheLock CacheDirLevels CacheDirLength CacheIgnoreHeaders CacheDefaultExpire CacheMaxFileSize CacheHeader ExpiresActive ExpiresByType ExpiresDefault',
  ],
  [
    'refused',
    'there are no variables of requests: let the app decide, or write a route',
    'SetEnv SetEnvIf SetEnvIfNoCase SetEnvIfExpr PassEnv UnsetEnv RewriteMap RewriteBase RewriteOptions',
  ],
  [
    'refused',
    'Sallyport inspects no content: keep the filter behind it, on a loopback port',
    'SecRuleEngine SecRule SecAction SecRequestBodyAccess SecRuleRemoveById SecDataDir SecAuditLog SecAuditEngine SecResponseBodyAccess',
  ],
  ['approximated', 'the gate has error pages of its own', 'ErrorDocument'],
  [
    'approximated',
    'rateLimit and connectionsPerAddress are what Sallyport has',
    'QS_SrvMaxConnPerIP QS_ClientEntries DOSHashTableSize DOSPageCount DOSSiteCount DOSBlockingPeriod',
  ],
  [
    'refused',
    'the app has no place for a prefix of its own: let it say so itself',
    'ProxyAddHeaders ProxySCGIInternalRedirect ProxyExpressEnable ProxyExpressDBMFile ProxyFCGIBackendType ProxyFCGISetEnvIf ProxyRemote ProxyRemoteMatch ProxySourceAddress ProxyFtpDirCharset',
  ],
  [
    'refused',
    'there is no login of this kind: auth has basic, forwardAuth asks another service',
    'AuthLDAPURL AuthLDAPBindDN AuthLDAPBindPassword AuthGroupFile AuthDBMUserFile AuthDBDUserPWQuery AuthDigestProvider AuthDigestDomain AuthBasicAuthoritative AuthFormProvider AuthzSendForbiddenOnFailure OIDCProviderMetadataURL OIDCClientID OIDCClientSecret OIDCRedirectURI OIDCCryptoPassphrase CASLoginURL CASValidateURL MellonEnable AuthBasicFake',
  ],
  [
    'refused',
    'no script of its own runs beside the app: let the app do it',
    'WSGIImportScript WSGIAuthUserScript WSGIAuthGroupScript WSGIAccessScript WSGIHandlerScript WSGIDispatchScript',
  ],
  [
    'approximated',
    'write virtualenv: and environment: into the app instead',
    'WSGIPythonHome WSGIPythonPath WSGIPythonOptimize WSGIPythonEggs WSGIChunkedRequest WSGIErrorOverride WSGILazyInitialization WSGIMapHEADToGET WSGIEnableSendfile WSGITrustedProxies WSGITrustedProxyHeaders',
  ],
  [
    'refused',
    'the gate keeps no state of sessions but its own',
    'Session SessionCookieName SessionCryptoPassphrase SessionMaxAge CookieTracking',
  ],
  ['carried', 'the log has its own form', 'CookieName'],
];

/** What other places of the importer judge; here for suggestions alone. */
const elsewhere =
  'ServerName ServerAlias Listen SSLEngine SSLCertificateFile SSLCertificateKeyFile SSLCertificateChainFile SSLProtocol SSLCipherSuite SSLCACertificateFile SSLCACertificatePath SSLVerifyClient SSLCARevocationFile SSLCARevocationCheck ProxyPass ProxyPassMatch ProxyPreserveHost ProxyRequests ProxyTimeout ProxyErrorOverride ProxySet BalancerMember RewriteEngine RewriteCond RewriteRule Redirect RedirectMatch RedirectPermanent RedirectTemp RequestHeader Header AuthType AuthName AuthUserFile AuthBasicProvider AuthMerging Require Satisfy Order Allow Deny RemoteIPHeader RemoteIPTrustedProxy RemoteIPInternalProxy RemoteIPTrustedProxyList RemoteIPInternalProxyList RemoteIPProxyProtocol RemoteIPProxiesHeader WSGIDaemonProcess WSGIScriptAlias WSGIScriptAliasMatch WSGIProcessGroup WSGIApplicationGroup WSGIScriptReloading WSGIPassAuthorization ErrorLog CustomLog TransferLog LogFormat ErrorLogFormat Timeout KeepAlive KeepAliveTimeout LimitRequestFields LimitRequestFieldSize LimitRequestLine LimitRequestBody RequestReadTimeout DocumentRoot User Group MDomain MDContactEmail MDCertificateAuthority MDCertificateAgreement Include IncludeOptional Use';

const table: ReadonlyMap<string, readonly [Verdict, string]> = new Map(
  groups.flatMap(([verdict, note, names]) =>
    names.split(' ').map((name) => [name.toLowerCase(), [verdict, note]] as const),
  ),
);
const allNames = [...groups.flatMap(([, , names]) => names.split(' ')), ...elsewhere.split(' ')];
const elsewhereKeys: ReadonlySet<string> = new Set(elsewhere.toLowerCase().split(' '));

/** Judges what nothing else has judged: by its name, else as unknown, with what it may have been meant to be. */
export function judgeByName(one: Directive, ledger: Ledger): void {
  if (ledger.has(one)) return;
  if (/^alias/.test(one.key) && isChallenge(one.words[0] ?? '')) return ledger.carried(one, ownChallenge);
  const [verdict, note] = table.get(one.key) ?? [];
  if (verdict !== undefined && note !== undefined) return ledger.judge(one, verdict, note);
  if (one.key.startsWith('md')) return ledger.carried(one, 'not needed: see acme');
  if (/^(?:ssl|h2|mod_?ssl)/.test(one.key))
    return ledger.refused(one, 'no equal: Sallyport has a policy of TLS of its own');
  if (one.key === 'proxypreservehost') return ledger.carried(one, 'no route here needs it');
  if (elsewhereKeys.has(one.key)) return ledger.refused(one, 'has no meaning in this place');
  const near = suggest(one.name, allNames);
  ledger.refused(one, `not known${near === undefined ? '' : `; did you mean ${near}?`}`);
}
