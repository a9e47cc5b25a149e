import HTTP
import Ledger
import Postgres

/// `/v1/me/notifications`: what happened to oneself, newest first. Read off the log, by two indexes of it by person.
enum Notifications {
  static let endpoints = [
    Endpoint(
      .get, "/v1/me/notifications", .everyone, "listNotifications", "What happened to the caller, newest first.",
      "Who thanked, boosted, mentioned or awarded them, what was taken back, and what others decided on their redemptions and on the "
        + "awards that they gave; finance hears of what waits for approval. A private recognition notifies its recipients alone; "
        + "a mention is an `@handle` in a public one of others.",
      query: Page.parameters, answers: Answer.page(of: Notification.schema), list)
  ]

  private static func list(_ exchange: Exchange) async throws -> Response {
    let page = try Page(exchange)
    let rows = try await exchange.worker.pool.query(
      notifications,
      Parameters {
        $0.int32(exchange.caller.organization)
        $0.uuid(exchange.caller.person.id.rawValue)
        $0.int64(page.afterPosition ?? .max)
        $0.int32(Int32(page.limit + 1))
        $0.bool(exchange.caller.roles.contains(.finance))
      }, isIdempotent: true)
    let notifications = try rows.map { row throws(PostgresError) in try Notification(row) }
    return page.answer(notifications) {
      Page.payload($0.position)
    } _: {
      $1.write(to: &$0)
    }
  }

  private struct Notification {
    let position: Int64
    private let id: ID
    private let at: Timestamp
    private let kind: String
    /// Nil: the operator.
    private let from: PersonReference?
    private let subjectType: String
    private let subject: ID
    /// What was redeemed.
    private let rewardName: String?
    /// Where what waited for approval stands now.
    private let state: String?
    /// What it brought, what the redemption took, or what was taken back; nil where it is not about points.
    private let points: Int64?
    private let message: String?
    private let isReversed: Bool

    static let schema = JSONSchema(
      .object([
        .init("id", .id), .init("position", .position), .init("at", .time),
        .init(
          "kind",
          JSONSchema(
            .words(
              [
                "thanked", "boosted", "mentioned", "awarded", "taken_back", "approval_waiting", "award_approved",
                "award_declined",
              ]
                + RedemptionMove.allCases.map { "redemption_\($0.result.rawValue)" }))),
        .init("from", PersonReference.schema.described("Who did it; null is the operator.").orNull),
        .init(
          "subject",
          JSONSchema(
            .object([
              .init("type", JSONSchema(.words(["recognition", "award", "redemption", "earning"]))), .init("id", .id),
              .init("name", .text("What was redeemed.", example: "Isla Café mug"), isRequired: false),
              .init("state", .text("Where what waited stands now.", example: "approved"), isRequired: false),
            ]), "What it is about.", name: "NotificationSubject")),
        .init(
          "points",
          .count(
            "What it brought, what the redemption took, or what was taken back; null where it is not about points."
          )
          .orNull),
        .init(
          "message",
          .text("The words of the recognition or the award, or the reason of a decision; null where there are none.")
            .orNull),
        .init("reversed", JSONSchema.bool.described("Whether what it tells of was taken back since.")),
      ]), name: "Notification")

    init(_ row: Row) throws(PostgresError) {
      position = try row.int64(0)
      id = ID(rawValue: try row.uuid(1))
      at = Timestamp(microseconds: try row.timestamp(2))
      kind = try row.text(3)
      from = try row.uuidOrNull(4).map { id throws(PostgresError) in
        PersonReference(id: ID(rawValue: id), handle: try row.text(5), name: try row.text(6))
      }
      subjectType = try row.text(7)
      subject = ID(rawValue: try row.uuid(8))
      rewardName = try row.textOrNull(9)
      state = try row.textOrNull(10)
      points = try row.int64OrNull(11)
      message = try row.textOrNull(12)
      isReversed = try row.bool(13)
    }

    func write(to json: inout JSONWriter) {
      json.object { json in
        json.member("id", id.description)
        json.member("position", position)
        json.member("at", RFC3339.text(at))
        json.member("kind", kind)
        json.member("from") { json in
          if let from { json.person(from) } else { json.null() }
        }
        json.member("subject") { json in
          json.object { json in
            json.member("type", subjectType)
            json.member("id", subject.description)
            if let rewardName { json.member("name", rewardName) }
            if let state { json.member("state", state) }
          }
        }
        json.member("points") { json in
          if let points { json.integer(points) } else { json.null() }
        }
        json.member("message", message)
        json.member("reversed", isReversed)
      }
    }
  }

  private static let notifications = SQL.statement("notifications", .long)
}
