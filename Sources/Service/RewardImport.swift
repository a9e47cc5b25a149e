import HTTP
import Ledger

/// A catalogue as CSV. A row is the reward of its SKU; its cells are held to the same rules as a request's members. An empty cell
/// changes nothing, and `-` takes a description or a picture away. Stock is put in with a new reward alone: later it moves by what
/// comes and goes, which a file does not know.
struct RewardImport {
  static let columns = [
    "sku", "name", "description", "kind", "price_points", "cost_amount", "cost_currency", "stock", "fulfilment",
    "needs_approval", "taxable", "active", "image_url",
  ]
  private static let spellings = [
    (header: "cost", column: "cost_amount"), (header: "currency", column: "cost_currency"),
    (header: "fulfillment", column: "fulfilment"),
  ]

  struct Plan {
    let rewards: [PutReward]
    let created: Int
    let unchanged: Int
    var updated: Int { rewards.count - created }
  }

  let ignoredColumns: [String]
  private let table: ImportTable

  init(_ bytes: [UInt8], _ columns: ImportColumns = ImportColumns()) throws(ImportError) {
    table = try ImportTable(
      bytes, required: ["sku"], optional: Array(Self.columns.dropFirst()), columns, spellings: Self.spellings)
    ignoredColumns = table.ignored
    var mistakes = ImportMistakes()
    var seen: [String: Int] = [:]
    for row in table.rows {
      if let earlier = seen.updateValue(row.line, forKey: row["sku"]) {
        mistakes.note(row.line, "the sku \"\(row["sku"])\" is on line \(earlier) already")
      }
    }
    try mistakes.check()
  }

  var skus: [String] { table.rows.map { $0["sku"] } }

  /// - Parameter existing: those of the file's rewards that are there already, by SKU.
  /// - Throws: every mistake of the file, by line.
  func plan(existing: [String: Reward]) throws(ImportError) -> Plan {
    var mistakes = ImportMistakes()
    var rewards: [PutReward] = []
    var (created, unchanged) = (0, 0)
    for row in table.rows {
      let known = existing[row["sku"]]
      var fields = JSONFields(Self.members(row, isNew: known == nil))
      if let known {
        var reward = known
        Rewards.change(&reward, &fields)
        if reward == known {
          unchanged += 1
        } else {
          rewards.append(PutReward(reward: reward, expected: known.position))
        }
      } else {
        let (reward, stock) = Rewards.new(Secrets.id(), &fields)
        rewards.append(PutReward(reward: reward, stock: stock ?? 0))
        created += 1
      }
      do throws(Problem) {
        try fields.finish()
      } catch {
        for mistake in error.errors {
          mistakes.note(
            row.line, "\(mistake.pointer.dropFirst().replacing("/", with: " ")) \(mistake.detail)")
        }
      }
    }
    try mistakes.check()
    return Plan(rewards: rewards, created: created, unchanged: unchanged)
  }

  /// What a request would say.
  private static func members(_ row: ImportTable.Row, isNew: Bool) -> JSONValue {
    var members: [(name: String, value: JSONValue)] = []
    for name in ["sku", "name", "kind", "fulfilment"] where !row[name].isEmpty {
      members.append((name, .string(row[name])))
    }
    if !row["description"].isEmpty {
      members.append(("description", .string(row["description"] == "-" ? "" : row["description"])))
    }
    if !row["image_url"].isEmpty {
      members.append(("image_url", row["image_url"] == "-" ? .null : .string(row["image_url"])))
    }
    for name in ["price_points"] + (isNew ? ["stock"] : []) where !row[name].isEmpty {
      members.append((name, Int64(row[name]).map { .integer($0) } ?? .string(row[name])))
    }
    for name in ["needs_approval", "taxable", "active"] where !row[name].isEmpty {
      members.append((name, PeopleColumns.flag(row[name]).map { .bool($0) } ?? .string(row[name])))
    }
    let cost = [("amount", row["cost_amount"]), ("currency", row["cost_currency"])].filter { !$0.1.isEmpty }
    if !cost.isEmpty { members.append(("cost", .object(cost.map { (name: $0.0, value: .string($0.1)) }))) }
    return .object(members)
  }
}
