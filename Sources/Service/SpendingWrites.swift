import Ledger
import Postgres

/// The part of ``BatchWrites`` that is about spending and awarding.
extension BatchWrites {
  func rewardRows() -> (Statement, Parameters) {
    // The last state of each: an upsert cannot touch a row twice.
    let rows = lastOfEach(rewards) { $0.1.id }
    return (
      Self.storeRewards,
      Parameters {
        $0.int32s(rows.map(\.0))
        $0.uuids(rows.map(\.1.id.rawValue))
        $0.texts(rows.map(\.1.sku))
        $0.texts(rows.map(\.1.name))
        $0.texts(rows.map(\.1.description))
        $0.texts(rows.map(\.1.kind.rawValue))
        $0.int64s(rows.map(\.1.pricePoints))
        $0.int64s(rows.map(\.1.cost.tenThousandths))
        $0.texts(rows.map(\.1.cost.currency))
        $0.bools(rows.map(\.1.isLimited))
        $0.texts(rows.map(\.1.fulfilment.rawValue))
        $0.bools(rows.map(\.1.needsApproval))
        $0.bools(rows.map(\.1.isTaxable))
        $0.bools(rows.map(\.1.isActive))
        $0.texts(rows.map(\.1.imageURL))
        $0.int64s(rows.map(\.1.position))
        $0.texts(rows.map { Search.text(sku: $0.1.sku, name: $0.1.name, description: $0.1.description) })
      }
    )
  }

  func budgetRows() -> (Statement, Parameters) {
    (
      Self.insertBudgets,
      Parameters {
        $0.int32s(budgets.map(\.0))
        $0.uuids(budgets.map(\.1.id.rawValue))
        $0.texts(budgets.map(\.1.name))
        $0.uuids(budgets.map(\.1.owner.rawValue))
        $0.dates(budgets.map(\.1.startsOn.number))
        $0.dates(budgets.map(\.1.endsOn.number))
        $0.texts(budgets.map(\.1.costCentre))
        $0.int64s(budgets.map(\.1.approvalAbove))
        $0.bools(budgets.map(\.1.isTaxable))
        $0.int64s(budgets.map(\.2))
      }
    )
  }

  func redemptionStatements(_ books: [Int32: Book]) -> [(Statement, Parameters)] {
    var statements: [(Statement, Parameters)] = []
    let requests = entries.compactMap { organization, entry in
      if case .redemption(let facts) = entry.detail { (organization, entry, facts) } else { nil }
    }
    if !requests.isEmpty { statements += [requestRows(requests), sourceRows(requests)] }
    if !redemptions.isEmpty {
      let rows = lastOfEach(redemptions) { $0.1 }
      let codes = Dictionary(redemptions.map { ($0.1, $0.code) }) { $1 ?? $0 }
      statements.append(
        (
          Self.storeRedemptionStates,
          Parameters {
            $0.int32s(rows.map(\.0))
            $0.uuids(rows.map(\.1.rawValue))
            $0.texts(rows.map { books[$0.0]?.redemptions[$0.1]?.state.rawValue })
            $0.int64s(rows.map(\.2))
            $0.texts(rows.map { codes[$0.1] ?? nil })
          }
        ))
    }
    return statements
  }

  private func requestRows(_ rows: [(Int32, Entry, RedemptionFacts)]) -> (Statement, Parameters) {
    (
      Self.insertRedemptions,
      Parameters {
        $0.int32s(rows.map(\.0))
        $0.uuids(rows.map(\.1.id.rawValue))
        $0.int64s(rows.map(\.1.position))
        $0.uuids(rows.map(\.2.person.rawValue))
        $0.uuids(rows.map(\.2.reward.rawValue))
        $0.texts(rows.map(\.2.sku))
        $0.texts(rows.map(\.2.name))
        $0.int32s(rows.map(\.2.quantity))
        $0.int64s(rows.map(\.2.points))
        $0.int64s(rows.map(\.2.unitCost.tenThousandths))
        $0.texts(rows.map(\.2.unitCost.currency))
        $0.bools(rows.map(\.2.isTaxable))
        $0.texts(rows.map(\.2.costCentre))
        $0.bools(rows.map(\.2.takesStock))
        $0.texts(rows.map(\.2.firstState.rawValue))
      }
    )
  }

  private func sourceRows(_ requests: [(Int32, Entry, RedemptionFacts)]) -> (Statement, Parameters) {
    let rows = requests.flatMap { organization, entry, facts in
      zip(Int32(0)..., facts.sources).map { (organization, entry.position, $0, $1) }
    }
    return (
      Self.insertRedemptionSources,
      Parameters {
        $0.int32s(rows.map(\.0))
        $0.int64s(rows.map(\.1))
        $0.int32s(rows.map(\.2))
        $0.texts(rows.map(\.3.source.kind.rawValue))
        $0.uuids(rows.map(\.3.source.id?.rawValue))
        $0.texts(rows.map(\.3.source.name))
        $0.bools(rows.map(\.3.source.isTaxable))
        $0.int64s(rows.map(\.3.points))
      }
    )
  }

  func awardStatements(_ books: [Int32: Book]) -> [(Statement, Parameters)] {
    var statements: [(Statement, Parameters)] = []
    let given = entries.compactMap { organization, entry in
      if case .award(let facts) = entry.detail { (organization, entry, facts) } else { nil }
    }
    if !given.isEmpty {
      statements.append(
        (
          Self.insertAwards,
          Parameters {
            $0.int32s(given.map(\.0))
            $0.uuids(given.map(\.1.id.rawValue))
            $0.int64s(given.map(\.1.position))
            $0.uuids(given.map(\.1.actor?.rawValue))
            $0.uuids(given.map(\.2.budget.rawValue))
            $0.int64s(given.map(\.2.points))
            $0.texts(given.map { $0.2.values.joined(separator: " ") })
            $0.texts(given.map { $0.2.recipients.map(\.description).joined(separator: " ") })
            $0.texts(
              given.map { ($0.1.kind == .awardGranted ? AwardState.granted : .pendingApproval).rawValue })
          }
        ))
    }
    if !awards.isEmpty {
      statements.append(
        (
          Self.storeAwardStates,
          Parameters {
            $0.int32s(awards.map(\.0))
            $0.uuids(awards.map(\.1.rawValue))
            $0.texts(awards.map { books[$0.0]?.awards[$0.1]?.state.rawValue })
            $0.int64s(awards.map(\.2))
          }
        ))
    }
    if !awarded.isEmpty {
      let rows = awarded.filter { $0.value != 0 }
      statements.append(
        (
          Self.storeAwardTotals,
          Parameters {
            $0.int32s(rows.map(\.key.organization))
            $0.uuids(rows.map(\.key.path.budget.rawValue))
            $0.uuids(rows.map(\.key.path.giver.rawValue))
            $0.uuids(rows.map(\.key.path.recipient.rawValue))
            $0.int64s(rows.map(\.value))
          }
        ))
    }
    return statements
  }

  private static let storeRewards = SQL.statement("store_rewards")
  private static let insertBudgets = SQL.statement("insert_budgets")
  private static let insertRedemptions = SQL.statement("insert_redemptions")
  private static let insertRedemptionSources = SQL.statement("insert_redemption_sources")
  private static let storeRedemptionStates = SQL.statement("store_redemption_states")
  private static let insertAwards = SQL.statement("insert_awards")
  private static let storeAwardTotals = SQL.statement("store_award_totals")
  private static let storeAwardStates = SQL.statement("store_award_states")
}

/// Of several rows about the same thing, the last.
func lastOfEach<Row>(_ rows: [Row], by id: (Row) -> ID) -> [Row] {
  var last: [ID: Int] = [:]
  for (index, row) in rows.enumerated() { last[id(row)] = index }
  return rows.indices.filter { last[id(rows[$0])] == $0 }.map { rows[$0] }
}
