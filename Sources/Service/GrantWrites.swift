import HTTP
import Ledger
import Postgres

/// The part of ``BatchWrites`` that is about what gives points, lots, and the programme's rules.
extension BatchWrites {
  func grantStatements() -> [(Statement, Parameters)] {
    var statements: [(Statement, Parameters)] = []
    var boosts: [(Int32, Entry, BoostFacts)] = []
    var earnings: [(Int32, Int64, String, ID?)] = []
    var reversals: [(Int32, Int64, Int64)] = []
    for (organization, entry) in entries {
      switch entry.detail {
      case .boost(let facts): boosts.append((organization, entry, facts))
      case .earning(let source, let key): earnings.append((organization, entry.position, source, key))
      case .reversal(let positions): reversals += positions.map { (organization, $0, entry.position) }
      default: break
      }
    }
    if !boosts.isEmpty {
      let parameters = Parameters {
        $0.int32s(boosts.map(\.0))
        $0.int64s(boosts.map(\.1.position))
        $0.int64s(boosts.map(\.2.recognitionPosition))
        $0.uuids(boosts.map(\.1.actor?.rawValue))
        $0.int64s(boosts.map(\.2.points))
        $0.timestamps(boosts.map(\.1.occurredAt.microseconds))
      }
      statements.append((Self.insertBoosts, parameters))
    }
    if !earnings.isEmpty {
      let parameters = Parameters {
        $0.int32s(earnings.map(\.0))
        $0.int64s(earnings.map(\.1))
        $0.texts(earnings.map(\.2))
        $0.uuids(earnings.map(\.3?.rawValue))
      }
      statements.append((Self.insertEarnings, parameters))
    }
    if !reversals.isEmpty {
      let parameters = Parameters {
        $0.int32s(reversals.map(\.0))
        $0.int64s(reversals.map(\.1))
        $0.int64s(reversals.map(\.2))
      }
      statements.append((Self.insertReversals, parameters))
    }
    return statements
  }

  /// What was used of lots; and, where points run out, the new lots and what is left of others.
  func lotStatements() -> [(Statement, Parameters)] {
    var statements: [(Statement, Parameters)] = []
    if !expiring.isEmpty {
      let lots = expiring.flatMap { organization, entry, months in
        zip(Int32(0)..., entry.postings).compactMap { line, posting in
          posting.account.kind == .points && posting.amount > 0 ? (organization, entry, line, posting, months) : nil
        }
      }
      let parameters = Parameters {
        $0.int32s(lots.map(\.0))
        $0.int64s(lots.map(\.1.position))
        $0.int32s(lots.map(\.2))
        $0.uuids(lots.map(\.3.account.owner.rawValue))
        $0.timestamps(lots.map(\.1.recordedAt.microseconds))
        $0.int32s(lots.map(\.4))
        $0.int64s(lots.map(\.3.amount))
      }
      statements.append((Self.insertExpiringLots, parameters))
    }
    let uses = entries.flatMap { organization, entry in
      zip(Int32(0)..., entry.lotUses).map { (organization, entry.position, $0, $1) }
    }
    if !uses.isEmpty {
      let inserted = Parameters {
        $0.int32s(uses.map(\.0))
        $0.int64s(uses.map(\.1))
        $0.int32s(uses.map(\.2))
        $0.int64s(uses.map(\.3.lotPosition))
        $0.int32s(uses.map(\.3.lotLine))
        $0.int64s(uses.map(\.3.amount))
      }
      let taken = Parameters {
        $0.int32s(uses.map(\.0))
        $0.int64s(uses.map(\.3.lotPosition))
        $0.int32s(uses.map(\.3.lotLine))
        $0.int64s(uses.map(\.3.amount))
      }
      statements += [(Self.insertLotUses, inserted), (Self.useExpiringLots, taken)]
    }
    return statements
  }

  func programStatements() -> [(Statement, Parameters)] {
    let rows = entries.compactMap { organization, entry in
      if case .program(let program) = entry.detail { (organization, entry.position, program) } else { nil }
    }
    if rows.isEmpty { return [] }
    let parameters = Parameters {
      $0.int32s(rows.map(\.0))
      $0.int32s(rows.map(\.2.version))
      $0.int64s(rows.map(\.1))
      $0.int64s(rows.map(\.2.allowancePoints))
      $0.texts(rows.map(\.2.allowancePeriod.rawValue))
      $0.texts(rows.map { Self.text(of: $0.2.allowanceByRole) })
      $0.int64s(rows.map(\.2.pointsMax))
      $0.int32s(rows.map { Int32(clamping: $0.2.recipientsMax) })
      $0.int32s(rows.map(\.2.recipientCap.share))
      $0.texts(rows.map(\.2.recipientCap.mode.rawValue))
      $0.int32s(rows.map(\.2.expiryMonths))
      $0.int32s(rows.map(\.2.leaverGraceDays))
      $0.int64s(rows.map(\.2.pointValue.tenThousandths))
      $0.texts(rows.map(\.2.pointValue.currency))
      $0.bools(rows.map(\.2.isPrivateAllowed))
      $0.texts(rows.map(\.2.givers.rawValue))
      $0.int32s(rows.map(\.2.freeThanksADay))
      $0.bools(rows.map(\.2.separatesDuties))
      $0.bools(rows.map(\.2.isPrivateOnBoards))
    }
    return [(Self.insertPrograms, parameters)]
  }

  /// `{"finance": 200}`, as the database keeps it.
  private static func text(of allowances: [AllowanceGroup: Int64]) -> String {
    var json = JSONWriter()
    json.object { json in
      for (role, points) in allowances.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        json.member(named: role.rawValue) { $0.integer(points) }
      }
    }
    return String(decoding: json.bytes, as: UTF8.self)
  }

  private static let insertBoosts = SQL.statement("insert_boosts")
  private static let insertEarnings = SQL.statement("insert_earnings")
  private static let insertReversals = SQL.statement("insert_reversals")
  private static let insertExpiringLots = SQL.statement("insert_expiring_lots")
  private static let insertLotUses = SQL.statement("insert_lot_uses")
  private static let useExpiringLots = SQL.statement("use_expiring_lots")
  private static let insertPrograms = SQL.statement("insert_programs")
}
