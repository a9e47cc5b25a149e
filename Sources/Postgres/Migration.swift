import CCrypto

/// One step of the schema's history. Once landed anywhere it never changes.
public struct Migration: Sendable, Equatable {
  /// From 1, without gaps.
  public let number: Int
  public let name: String
  public let sql: String

  public init(number: Int, name: String, sql: String) {
    self.number = number
    self.name = name
    self.sql = sql
  }

  /// Reads number and name from a file's name, `0001_first_tables.sql`; nil when it has another form.
  public init?(file: String, sql: String) {
    guard let stem = file.split(separator: "/").last, stem.hasSuffix(".sql") else { return nil }
    let parts = stem.dropLast(4).split(separator: "_", maxSplits: 1)
    guard parts.count == 2, let number = Int(parts[0]), number > 0 else { return nil }
    self.init(number: number, name: String(parts[1]), sql: sql)
  }

  /// SHA-256 of the SQL.
  var checksum: [UInt8] { sha256(Array(sql.utf8)) }
}

/// A file of views or functions that hold no data: re-created as a whole, together with all others, when any changed.
public struct SchemaView: Sendable, Equatable {
  public let name: String
  /// Must succeed whether or not an earlier form of it exists.
  public let sql: String

  public init(name: String, sql: String) {
    self.name = name
    self.sql = sql
  }

  /// One checksum for all of them in their order, so that a change of the order counts too.
  static func checksum(_ views: [SchemaView]) -> [UInt8] {
    sha256(views.flatMap { Array($0.name.utf8) + [0] + Array($0.sql.utf8) + [0] })
  }
}

/// A row of `schema_migrations`.
struct LandedMigration: Equatable {
  let number: Int
  let name: String
  let checksum: [UInt8]
}

/// Why a schema cannot be brought up to this binary's.
public enum MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The database was migrated by a later binary.
  case newerSchema(landed: Int, known: Int)
  /// A file differs from what was run under its number.
  case changedMigration(Int, name: String)
  /// A number is missing, in the binary or in the database, or given twice.
  case gap(Int)
  /// The file has a COMMIT or ROLLBACK of its own, so its row could not be written with it.
  case endsTransaction(Int, name: String)
  case failed(Int, name: String, PostgresError)
  /// Another process was migrating for longer than this one would wait.
  case busy

  /// The refusal in one word, as logs and the command line show it.
  public var code: String {
    switch self {
    case .newerSchema: "newer_schema"
    case .changedMigration: "changed_migration"
    case .gap: "migration_gap"
    case .endsTransaction: "migration_ends_transaction"
    case .failed: "migration_failed"
    case .busy: "migration_busy"
    }
  }

  public var description: String {
    switch self {
    case .newerSchema(let landed, let known):
      "\(code): the database has migration \(landed), this binary knows \(known); run a later binary"
    case .changedMigration(let number, let name):
      "\(code): migration \(number) (\(name)) differs from what the database was migrated with"
    case .gap(let number): "\(code): migration \(number) is missing or there twice"
    case .endsTransaction(let number, let name):
      "\(code): migration \(number) (\(name)) ends the transaction it runs in"
    case .failed(let number, let name, let error): "\(code): \(number) (\(name)): \(error)"
    case .busy: "\(code): another process is migrating this database"
    }
  }
}

/// What remains to be run. No I/O.
///
/// - Parameters:
///   - known: the binary's, in any order.
///   - landed: the database's, in order of their numbers.
func pendingMigrations(
  known: [Migration], landed: [LandedMigration]
) throws(MigrationError) -> [Migration] {
  let known = known.sorted { $0.number < $1.number }
  for (index, migration) in known.enumerated() where migration.number != index + 1 { throw .gap(index + 1) }
  if let last = landed.last, last.number > known.count {
    throw .newerSchema(landed: last.number, known: known.count)
  }
  for (index, row) in landed.enumerated() {
    guard row.number == index + 1 else { throw .gap(index + 1) }
    let migration = known[index]
    guard row.checksum == migration.checksum else { throw .changedMigration(row.number, name: migration.name) }
  }
  return Array(known[landed.count...])
}

private func sha256(_ bytes: [UInt8]) -> [UInt8] {
  var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
  _ = SHA256(bytes, bytes.count, &digest)
  return digest
}
