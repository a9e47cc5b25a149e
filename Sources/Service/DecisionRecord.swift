import HTTP
import Ledger
import Postgres

/// Somebody's change of the state of a redemption or an award, as it is answered.
struct DecisionRecord {
  /// `approved`, `declined`, `cancelled`, `fulfilled`, `refunded`, or `reversed`.
  let word: String
  /// Nil is the operator.
  let by: PersonReference?
  let at: Timestamp
  /// Nil where none was given, or once it is erased.
  let reason: String?
  let position: Int64

  /// One that is not recorded.
  init(_ word: String, _ acceptance: Acceptance, by caller: Caller) {
    self.word = word
    by = caller.person
    at = acceptance.entry.recordedAt
    reason = acceptance.text?.text
    position = acceptance.entry.position
  }

  private init(word: String, by: PersonReference?, at: Timestamp, reason: String?, position: Int64) {
    self.word = word
    self.by = by
    self.at = at
    self.reason = reason
    self.position = position
  }

  /// The columns of `decided` in `catalogue.sql`, in the order of the log.
  static func all(_ row: Row, from first: Int) throws(PostgresError) -> [DecisionRecord] {
    guard let words = try row.textsOrNull(first) else { return [] }
    let (people, handles, names) = (try row.uuids(first + 1), try row.texts(first + 2), try row.texts(first + 3))
    let (times, reasons, positions) = (try row.int64s(first + 4), try row.texts(first + 5), try row.int64s(first + 6))
    return words.indices.map { index in
      let person = ID(rawValue: people[index])
      return DecisionRecord(
        word: words[index],
        by: person == .zero ? nil : PersonReference(id: person, handle: handles[index], name: names[index]),
        at: Timestamp(microseconds: times[index]), reason: reasons[index].isEmpty ? nil : reasons[index],
        position: positions[index])
    }
  }

  static func schema(_ words: [String]) -> JSONSchema {
    .list(
      of: JSONSchema(
        .object([
          .init("decision", JSONSchema(.words(words))),
          .init("by", PersonReference.schema.described("Null is the operator.").orNull), .init("at", .time),
          .init("reason", .text("Null where none was given, or once it is erased.", example: "Well deserved.").orNull),
        ]), "A change of state that somebody made."))
  }
}

extension JSONWriter {
  mutating func member(_ name: StaticString, _ decisions: [DecisionRecord]) {
    member(name) { json in
      json.array { json in
        for decision in decisions {
          json.object { json in
            json.member("decision", decision.word)
            json.member("by") { json in
              if let person = decision.by { json.person(person) } else { json.null() }
            }
            json.member("at", RFC3339.text(decision.at))
            json.member("reason", decision.reason)
          }
        }
      }
    }
  }
}
