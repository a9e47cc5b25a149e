import Glibc

/// What a private cluster is configured to be; written anew at each start, so that it follows Laurel's version.
/// `ALTER SYSTEM` (postgresql.auto.conf) overrides it.
enum PrivateClusterSettings {
  /// Unix sockets have a port too: it is part of their name.
  static let port = 5432
  static let superuser = "laurel_admin"
  static let owner = "laurel_owner"
  static let runtime = "laurel_runtime"
  static let database = "laurel"

  /// A server has up to twelve a core (``PostgresPool/Limits``, and a lane's), and commands have some beside it.
  private static let connectionsMax = max(100, 13 * sysconf(Int32(_SC_NPROCESSORS_ONLN)) + 20)

  /// postgresql.conf, for a machine that Laurel shares with others: about 200 MiB in all.
  static let configuration = """
    # Written by laurel at every start. ALTER SYSTEM overrides it.
    cluster_name = 'laurel'
    listen_addresses = ''
    port = \(port)
    unix_socket_permissions = 0700
    max_connections = \(connectionsMax)

    shared_buffers = 128MB
    effective_cache_size = 512MB
    work_mem = 8MB
    maintenance_work_mem = 64MB
    random_page_cost = 1.1
    jit = off

    # An acknowledged operation is on the disk.
    fsync = on
    synchronous_commit = on
    full_page_writes = on
    # Many small commits: few checkpoints, and fewer bytes for each of them to protect.
    wal_compression = on
    max_wal_size = 2GB
    checkpoint_timeout = 15min
    checkpoint_completion_target = 0.9

    # A table that was empty a moment ago is planned for as what it is now.
    autovacuum_naptime = 5s
    autovacuum_analyze_scale_factor = 0.05

    # Refused statements are answered, not logged: neither do they fill the disk, nor do people's words end up in a log.
    logging_collector = off
    log_min_messages = log
    log_min_error_statement = panic
    log_checkpoints = off
    log_autovacuum_min_duration = -1
    log_line_prefix = '%m [%p] '

    timezone = 'UTC'
    log_timezone = 'UTC'
    datestyle = 'iso, ymd'
    lc_messages = 'C'
    lc_monetary = 'C'
    lc_numeric = 'C'
    lc_time = 'C'
    default_text_search_config = 'pg_catalog.simple'

    """

  /// pg_hba.conf: the socket's folder is what keeps others out (0700), so whoever reaches it is trusted.
  static let authentication = """
    # Written by laurel at every start.
    local all all trust

    """

  /// Run once in single-user mode, where an empty line ends a statement. What the roles may do comes with the migrations.
  static let setup = """
    CREATE ROLE \(owner) LOGIN;

    CREATE ROLE \(runtime) LOGIN;

    CREATE DATABASE \(database) OWNER \(owner);


    """
}
