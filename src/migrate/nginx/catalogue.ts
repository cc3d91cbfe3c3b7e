import { suggest } from '../../control/config/suggest.ts';
import type { Verdict } from '../verdict.ts';
import type { Directive } from './parse.ts';

type Judgement = readonly [verdict: Verdict, note: string];

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

/** What to do about files on disk. */
export const filesCure =
  'keep nginx for files on a port of 127.0.0.1 and lead a route there, or let the app serve them';

/** Directives that mean the same wherever they stand, by what becomes of them. */
const groups: readonly (readonly [Verdict, string, string])[] = [
  ['carried', '', 'server http location events upstream keepalive keepalive_requests zone resolver_timeout'],
  ['carried', 'as many as the machine allows', 'worker_connections worker_rlimit_nofile'],
  [
    'carried',
    'Sallyport does this as it should be',
    `multi_accept accept_mutex accept_mutex_delay use sendfile sendfile_max_chunk tcp_nopush tcp_nodelay types_hash_max_size types_hash_bucket_size
    server_names_hash_bucket_size server_names_hash_max_size variables_hash_max_size variables_hash_bucket_size map_hash_bucket_size
    map_hash_max_size proxy_headers_hash_max_size proxy_headers_hash_bucket_size worker_cpu_affinity worker_priority
    worker_shutdown_timeout worker_aio_requests daemon master_process pid lock_file pcre_jit thread_pool timer_resolution debug_points
    aio directio output_buffers postpone_output reset_timedout_connection lingering_close lingering_time lingering_timeout
    connection_pool_size request_pool_size client_header_buffer_size open_file_cache open_file_cache_valid open_file_cache_min_uses
    open_file_cache_errors merge_slashes ignore_invalid_headers underscores_in_headers port_in_redirect absolute_redirect
    server_name_in_redirect server_tokens keepalive_disable keepalive_time msie_padding http2_max_concurrent_streams http2_recv_timeout
    http2_idle_timeout http2_max_field_size http2_max_header_size http2_max_requests http2_chunk_size http2_body_preread_size
    http2_recv_buffer_size chunked_transfer_encoding read_ahead tcp_nodelay worker_aio_requests rewrite_log uninitialized_variable_warn
    env working_directory log_not_found log_subrequest default_type types charset charset_types override_charset source_charset if_modified_since etag max_ranges disable_symlinks
    limit_req_log_level limit_conn_log_level limit_conn_status open_log_file_cache send_lowat stub_status http2_push_preload`,
  ],
  [
    'carried',
    'bodies are streamed',
    `client_body_buffer_size client_body_in_file_only client_body_in_single_buffer client_body_temp_path proxy_buffering
    proxy_request_buffering proxy_buffers proxy_buffer_size proxy_busy_buffers_size proxy_max_temp_file_size proxy_temp_path
    proxy_temp_file_write_size fastcgi_temp_path uwsgi_temp_path scgi_temp_path grpc_buffer_size subrequest_output_buffer_size`,
  ],
  [
    'carried',
    '',
    `proxy_http_version proxy_socket_keepalive proxy_pass_request_headers proxy_pass_request_body proxy_ignore_client_abort proxy_headers_hash_max_size grpc_socket_keepalive`,
  ],
  [
    'carried',
    'nothing is cached',
    'proxy_cache_bypass proxy_no_cache proxy_cache_background_update proxy_cache_revalidate',
  ],
  [
    'carried',
    'requests that no target has got go to the next one',
    'proxy_next_upstream proxy_next_upstream_tries proxy_next_upstream_timeout grpc_next_upstream grpc_next_upstream_tries grpc_next_upstream_timeout',
  ],
  ['carried', 'Sallyport passes every field of answers on', 'proxy_pass_header grpc_pass_header'],
  [
    'carried',
    'the TLS policy is Sallyport’s own',
    `ssl_session_cache ssl_session_timeout ssl_session_tickets ssl_session_ticket_key ssl_prefer_server_ciphers ssl_dhparam ssl_buffer_size ssl
    ssl_conf_command ssl_verify_depth http2`,
  ],
  ['approximated', 'forward secrecy and AEAD alone, as Mozilla’s intermediate profile', 'ssl_ciphers ssl_ecdh_curve'],
  [
    'approximated',
    'no OCSP answers are stapled; Let’s Encrypt gives none any more',
    'ssl_stapling ssl_stapling_verify ssl_stapling_file ssl_stapling_responder ssl_ocsp ssl_ocsp_cache ssl_ocsp_responder',
  ],
  ['carried', 'for stapling alone', 'ssl_trusted_certificate'],
  ['approximated', 'no request is taken before the handshake has ended', 'ssl_early_data'],
  ['approximated', '`sallyport service install` makes a user of its own; for another one write user:', 'user'],
  ['carried', 'nothing to load', 'load_module'],
  ['approximated', 'Sallyport has no limit on bodies: the app has to set one', 'client_max_body_size'],
  [
    'approximated',
    'the standard output; for a file write logs: { access: /var/log/sallyport/access.log }',
    'access_log',
  ],
  ['approximated', 'the error output; for a file write logs: { errors: /var/log/sallyport/error.log }', 'error_log'],
  ['approximated', 'logs: format: combined or json', 'log_format'],
  ['approximated', 'Sallyport has error pages of its own', 'error_page recursive_error_pages proxy_intercept_errors'],
  [
    'refused',
    filesCure,
    'root alias index autoindex autoindex_exact_size autoindex_localtime autoindex_format try_files random_index expires empty_gif flv mp4 mp4_buffer_size mp4_max_buffer_size ssi ssi_types addition_types add_before_body add_after_body dav_methods create_full_put_path dav_access min_delete_depth',
  ],
  [
    'refused',
    'FastCGI and the like: keep nginx for them on a port of 127.0.0.1 and lead a route there',
    'fastcgi_pass fastcgi_param fastcgi_index fastcgi_split_path_info fastcgi_buffers fastcgi_buffer_size fastcgi_busy_buffers_size fastcgi_read_timeout fastcgi_send_timeout fastcgi_connect_timeout fastcgi_intercept_errors fastcgi_hide_header fastcgi_request_buffering fastcgi_cache fastcgi_cache_path fastcgi_cache_key fastcgi_cache_valid fastcgi_cache_bypass fastcgi_no_cache fastcgi_buffering fastcgi_keep_conn fastcgi_max_temp_file_size uwsgi_pass uwsgi_param uwsgi_read_timeout uwsgi_modifier1 scgi_pass scgi_param memcached_pass',
  ],
  [
    'refused',
    'Sallyport does not compress: the app can',
    'gzip gzip_types gzip_vary gzip_proxied gzip_comp_level gzip_min_length gzip_buffers gzip_http_version gzip_disable gzip_static gunzip brotli brotli_types brotli_comp_level brotli_static zstd',
  ],
  [
    'refused',
    'Sallyport does not cache: keep nginx behind it for that, on a port of 127.0.0.1',
    'proxy_cache proxy_cache_path proxy_cache_key proxy_cache_valid proxy_cache_use_stale proxy_cache_lock proxy_cache_lock_age proxy_cache_lock_timeout proxy_cache_min_uses proxy_cache_methods proxy_cache_max_range_offset proxy_cache_convert_head proxy_cache_purge proxy_store proxy_store_access proxy_ignore_headers slice',
  ],
  [
    'refused',
    'a rule about paths: a route with redirect: or stripPrefix: is all there is; the app can do the rest',
    'rewrite break',
  ],
  ['refused', 'a condition: routes, allow:, deny: and the app itself can decide', 'if'],
  [
    'refused',
    'a value that differs from request to request has no place in sallyport.yaml',
    'set map geo geoip_country geoip_city geoip_org geoip2 split_clients map_hash userid userid_name perl_set js_set js_import js_content js_path js_include perl perl_modules',
  ],
  [
    'refused',
    'answers pass as the app gives them',
    'sub_filter sub_filter_once sub_filter_types sub_filter_last_modified image_filter xslt_stylesheet proxy_cookie_domain add_trailer',
  ],
  ['refused', 'requests pass as the client sent them', 'proxy_method proxy_set_body mirror mirror_request_body'],
  [
    'refused',
    'the slowest client decides: there is no limit of this kind',
    'limit_rate limit_rate_after proxy_limit_rate',
  ],
  [
    'refused',
    'Lua: only the app, or a service asked by forwardAuth:, can run programs',
    'lua_package_path lua_package_cpath lua_shared_dict lua_code_cache lua_ssl_trusted_certificate lua_ssl_verify_depth init_by_lua_block init_worker_by_lua_block access_by_lua_block content_by_lua_block rewrite_by_lua_block header_filter_by_lua_block body_filter_by_lua_block log_by_lua_block set_by_lua_block access_by_lua_file content_by_lua_file rewrite_by_lua_file balancer_by_lua_block',
  ],
  ['refused', 'connections to apps come from whatever address the machine chooses', 'proxy_bind grpc_bind'],
  [
    'refused',
    'a certificate to show to the app: there is no key for that',
    'proxy_ssl_certificate proxy_ssl_certificate_key proxy_ssl_password_file grpc_ssl_certificate grpc_ssl_certificate_key',
  ],
  [
    'carried',
    'the TLS policy is Sallyport’s own',
    'proxy_ssl_protocols proxy_ssl_ciphers proxy_ssl_session_reuse proxy_ssl_verify_depth proxy_ssl_conf_command grpc_ssl_protocols grpc_ssl_ciphers grpc_ssl_verify grpc_ssl_name grpc_ssl_server_name grpc_ssl_trusted_certificate proxy_ssl_crl',
  ],
  [
    'refused',
    'no module of nginx runs here',
    'modsecurity modsecurity_rules modsecurity_rules_file more_set_headers more_clear_headers more_set_input_headers more_clear_input_headers auth_jwt auth_jwt_key_file auth_pam secure_link secure_link_md5 secure_link_secret referer_hash_bucket_size valid_referers health_check match queue state hls f4f echo opentracing otel_exporter otel_service_name otel_trace otel_trace_context passenger_enabled passenger_root passenger_ruby pagespeed api status status_zone http3 http3_hq quic_retry ssl_reject_handshake',
  ],
  [
    'refused',
    'TCP and UDP connections are not carried, HTTP alone',
    'stream ssl_preread proxy_timeout proxy_responses preread_timeout',
  ],
  ['refused', 'mail is not carried', 'mail imap_capabilities pop3_capabilities smtp_capabilities auth_http'],
];

/** Directives that have a meaning only where something is carried that they belong to. */
const handled = words(`
  listen server_name proxy_pass grpc_pass proxy_set_header grpc_set_header add_header proxy_hide_header grpc_hide_header proxy_redirect
  proxy_cookie_path proxy_cookie_flags proxy_read_timeout proxy_send_timeout proxy_connect_timeout grpc_read_timeout send_timeout grpc_send_timeout grpc_connect_timeout
  client_header_timeout client_body_timeout keepalive_timeout large_client_header_buffers ssl_certificate ssl_certificate_key
  ssl_password_file ssl_client_certificate ssl_verify_client ssl_crl ssl_protocols auth_basic auth_basic_user_file satisfy allow deny
  limit_except auth_ldap auth_digest limit_req limit_req_zone limit_req_status limit_req_dry_run limit_conn limit_conn_zone limit_conn_dry_run auth_request auth_request_set set_real_ip_from
  real_ip_header real_ip_recursive proxy_ssl_verify proxy_ssl_trusted_certificate proxy_ssl_name proxy_ssl_server_name least_conn
  ip_hash hash random sticky least_time return internal worker_processes resolver include slow_start ntlm`);

const table = new Map<string, Judgement>(
  groups.flatMap(([verdict, note, names]) => words(names).map((name) => [name, [verdict, note] as const])),
);
const known = [...table.keys(), ...handled];

/** What becomes of a directive that nothing carried has asked for. */
export function usualVerdict({ name, args }: Directive): Judgement {
  const isOff = args[0] === 'off' && args.length === 1;
  const fixed = table.get(name);
  if (fixed !== undefined) return isOff && fixed[0] !== 'carried' && name !== 'access_log' ? ['carried', ''] : fixed;
  if (handled.includes(name)) return ['carried', 'nothing that is carried here uses it'];
  const near = suggest(name, known);
  return [
    'refused',
    `nginx has no such directive${near === undefined ? ', as far as Sallyport knows' : `; did you mean ${near}?`}`,
  ];
}
