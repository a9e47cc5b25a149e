import HTTP
import Ledger
import Postgres

/// A recognition as it is answered, from what was just decided or from what was recorded: the same JSON either way. An award that
/// was granted stands in the feed in the same shape.
struct RecognitionRecord {
  enum Kind: String, CaseIterable {
    case recognition, award
  }

  let id: ID
  let kind: Kind
  let position: Int64
  let occurredAt: Timestamp
  let from: PersonReference
  let to: [PersonReference]
  /// Nil once erased.
  let message: String?
  let points: Int64
  let values: [String]
  let visibility: String
  private(set) var boosts: [BoostRecord]
  private(set) var isReversed: Bool

  static let schema = JSONSchema(
    .object([
      .init("id", .id), .init("kind", .word(Kind.self)), .init("from", PersonReference.schema),
      .init("to", Recipients.schema),
      .init("message", .text("Null once erased.", example: "You saved the quarter close. #be-helpful").orNull),
      .init("points", .count("For each recipient.")), .init("total_points", .count(example: 20)),
      .init("values", .list(of: .text(example: "be-helpful"))),
      .init("visibility", .word(Recognition.Visibility.self)), .init("created_at", .time),
      .init("position", .position), .init("boosts", .list(of: BoostRecord.schema)),
      .init("comments_count", .count(example: 0)), .init("reactions", JSONSchema(.map(of: .count()))),
      .init("reversed", .bool),
    ]), name: "Recognition")

  /// - Parameter people: among them the giver and the recipients.
  init(_ acceptance: Acceptance, _ people: [ID: Person]) throws(Defect) {
    let entry = acceptance.entry
    guard let recognition = entry.recognition, let giver = entry.actor.flatMap({ people[$0] }) else {
      throw Defect("the entry of a recognition has a giver")
    }
    id = entry.id
    kind = .recognition
    position = entry.position
    occurredAt = entry.occurredAt
    from = PersonReference(giver)
    to = recognition.recipients.compactMap { people[$0].map(PersonReference.init) }
    message = acceptance.text?.text
    points = recognition.points
    values = recognition.values
    visibility = recognition.visibility.rawValue
    boosts = []
    isReversed = false
  }

  /// Of the queries in `recognitions.sql`, which share their columns.
  init(_ row: Row) throws(PostgresError) {
    guard let kind = Kind(rawValue: try row.text(21)) else {
      throw PostgresError(.misuse, "an unknown kind in the feed")
    }
    self.kind = kind
    id = ID(rawValue: try row.uuid(0))
    position = try row.int64(1)
    occurredAt = Timestamp(microseconds: try row.timestamp(2))
    from = PersonReference(id: ID(rawValue: try row.uuid(3)), handle: try row.text(4), name: try row.text(5))
    let ids = try row.uuids(6)
    let handles = try row.texts(7)
    let names = try row.texts(8)
    to = zip(ids, zip(handles, names)).map { PersonReference(id: ID(rawValue: $0), handle: $1.0, name: $1.1) }
    message = try row.textOrNull(9)
    points = try row.int64(10)
    values = try row.texts(11)
    visibility = try row.text(12)
    isReversed = try row.bool(13)
    boosts = try BoostRecord.all(row, from: 14, of: id)
  }

  /// As it was answered when it was made.
  var atFirst: RecognitionRecord {
    var record = self
    (record.boosts, record.isReversed) = ([], false)
    return record
  }

  /// - Parameter more: writes further members.
  func write(to json: inout JSONWriter, more: (inout JSONWriter) -> Void = { _ in }) {
    json.object { json in
      json.member("id", id.description)
      json.member("kind", kind.rawValue)
      json.member("from", from)
      json.member("to") { $0.recipients(to, points: points) }
      json.member("message", message)
      json.member("points", points)
      json.member("total_points", points * Int64(to.count))
      json.member("values", values)
      json.member("visibility", visibility)
      json.member("created_at", RFC3339.text(occurredAt))
      json.member("position", position)
      json.member("boosts") { json in
        json.array { json in for boost in boosts { boost.write(to: &json) } }
      }
      json.member("comments_count", 0)
      json.member("reactions") { json in json.object { _ in } }
      json.member("reversed", isReversed)
      more(&json)
    }
  }
}

/// Points that somebody added to a recognition.
struct BoostRecord {
  let id: ID
  let recognition: ID
  let from: PersonReference
  let points: Int64
  let createdAt: Timestamp
  let position: Int64

  static let schema = JSONSchema(
    .object([
      .init("id", .id), .init("recognition", .id), .init("from", PersonReference.schema),
      .init("points", .count("For each recipient.", example: 5)), .init("created_at", .time),
      .init("position", .position),
    ]), name: "Boost")

  /// What was just decided.
  init?(_ acceptance: Acceptance, _ people: [ID: Person]) {
    let entry = acceptance.entry
    guard case .boost(let facts) = entry.detail, let giver = entry.actor.flatMap({ people[$0] }),
      let recognition = entry.subject
    else { return nil }
    self.init(
      id: entry.id, recognition: recognition, from: PersonReference(giver), points: facts.points,
      createdAt: entry.occurredAt, position: entry.position)
  }

  private init(
    id: ID, recognition: ID, from: PersonReference, points: Int64, createdAt: Timestamp, position: Int64
  ) {
    self.id = id
    self.recognition = recognition
    self.from = from
    self.points = points
    self.createdAt = createdAt
    self.position = position
  }

  /// `boost_ids … boost_positions`: nulls where there are none.
  static func all(_ row: Row, from first: Int, of recognition: ID) throws(PostgresError) -> [BoostRecord] {
    guard let ids = try row.uuidsOrNull(first) else { return [] }
    let (givers, handles, names) = (try row.uuids(first + 1), try row.texts(first + 2), try row.texts(first + 3))
    let (points, times, positions) = (
      try row.int64s(first + 4), try row.int64s(first + 5), try row.int64s(first + 6)
    )
    return ids.indices.map {
      BoostRecord(
        id: ID(rawValue: ids[$0]), recognition: recognition,
        from: PersonReference(id: ID(rawValue: givers[$0]), handle: handles[$0], name: names[$0]), points: points[$0],
        createdAt: Timestamp(microseconds: times[$0]), position: positions[$0])
    }
  }

  func write(to json: inout JSONWriter, more: (inout JSONWriter) -> Void = { _ in }) {
    json.object { json in
      json.member("id", id.description)
      json.member("recognition", recognition.description)
      json.member("from", from)
      json.member("points", points)
      json.member("created_at", RFC3339.text(createdAt))
      json.member("position", position)
      more(&json)
    }
  }
}
