import HTTP
import Ledger
import Postgres

/// `/v1/recognitions/{id}`: adding to a recognition, and taking it back.
enum Boosts {
  static let endpoints = [
    Endpoint(
      .post, "/v1/recognitions/{id}/boosts", .everyone, "boost", "Add points of one's own to somebody's recognition.",
      "The points go to each of its recipients, and cost that many times as much.", path: [inPath],
      query: [CommonQuery.dryRun], body: .object([points], name: "NewBoost"),
      answers: Answer.created(BoostRecord.schema) + Answer.tried(BoostRecord.schema),
      refusals: [
        .insufficientAllowance, .selfRecognition, .inactiveRecipient, .tooManyPoints, .tooManyBoosts,
        .recipientCapReached,
        .givingNotAllowed, .alreadyReversed, .inactiveCaller,
      ], boost
    ).covered(by: .recognitions),
    Endpoint(
      .delete, "/v1/recognitions/{id}", .everyone, "reverseRecognition", "Take a recognition back with all its boosts.",
      "Its giver can within 24 hours, an admin at any time. Nothing is erased: one new entry reverses it. Points go back to "
        + "an allowance within the period that they came from, else they expire.",
      path: [inPath], answers: Answer.changed(RecognitionRecord.schema),
      refusals: [.forbidden, .alreadyReversed, .pointsAlreadySpent], reverse
    ).covered(by: .recognitions),
  ]

  private static let inPath = PathParameter.id("The recognition's id.")
  private static let points = Member("points", .points(from: 1), "For each recipient.", example: 5)

  private static func boost(_ exchange: Exchange) async throws -> Response {
    let id = try exchange.id("id")
    _ = try await Recognitions.visibleThanks(id, exchange)
    let write = try WriteRequest(exchange)
    let written = try await write.submit(exchange, write.action { .boost(Boost(recognition: id, points: $0[points])) })
    let location = ("Location", "/v1/recognitions/\(id)")
    if case .accepted(let acceptance) = written.decision, let boost = BoostRecord(acceptance, written.people) {
      if write.isDryRun {
        return .json(200) { json in boost.write(to: &json) { $0.dryRun(written.balances) } }
      }
      return .json(201, headers: written.headers + [location]) { boost.write(to: &$0) }
    }
    guard case .replayed(let earlier) = written.decision,
      let boost = try await Recognitions.visibleThanks(id, exchange).boosts.first(where: { $0.id == earlier.entry })
    else { throw Problem.notFound }
    return .json(201, headers: written.headers + [location]) { boost.write(to: &$0) }
  }

  private static func reverse(_ exchange: Exchange) async throws -> Response {
    let id = try exchange.id("id")
    _ = try await Recognitions.visibleThanks(id, exchange)
    let write = try WriteRequest(exchange)
    let written = try await write.submit(exchange, write.action { _ in .reverse(.recognition, id) })
    let record = try await Recognitions.visibleThanks(id, exchange)
    return .json(200, headers: written.headers) { record.write(to: &$0) }
  }
}
