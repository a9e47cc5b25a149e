/// Every command, in the order in which help shows them.
extension Command {
  /// Commands that belong together, under a line of the help.
  struct Group {
    let title: String
    let commands: [Command]
  }

  static let groups: [Group] = [
    Group(title: "With a key of yours, every day:", commands: everyday),
    Group(title: "For managers, with a budget:", commands: managing),
    Group(title: "For finance and admins:", commands: deciding),
    Group(title: "Running a server, on its database:", commands: operating),
    Group(title: "And:", commands: [completion]),
  ]
  static let all: [Command] = groups.flatMap(\.commands)

  /// For everybody who has a key: they call a server.
  private static let everyday: [Command] = [
    thank, boost, undo, me, feed, notifications, board, people, values, rewards, redeem, redemptions, cancel, statement,
    program, keys, newKey, revokeKey, api,
  ]
  private static let managing: [Command] = [award, awards, budgets]
  private static let deciding: [Command] = [approve, decline, fulfil, refund]
  /// For whoever runs Laurel: they work on the database.
  private static let operating: [Command] = [
    serve, migrate, createOrganization, createKey, importPeople, importRecognitions, importRewards, verify, export,
  ]
}
