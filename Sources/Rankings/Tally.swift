/// Turns events into changes of scores, for one metric.
///
/// For points and recognitions that is a pure function of the event. Distinct people and teams need to know who
/// recognised whom before, which this remembers.
struct Tally<Member: Hashable & Sendable>: Sendable {
  let metric: Metric
  private var encounters = Encounters<Member>()
  private var reach = Reach<Member>()

  init(_ metric: Metric) { self.metric = metric }

  /// Calls `change` for whoever's score the event changes. O(recipients).
  mutating func count(
    _ event: Event<Member>, in directory: Directory<Member>, _ change: (_ member: Member, _ by: Int64) -> Void
  ) {
    let sign: Int64 = event.isReversal ? -1 : 1
    switch metric {
    case .pointsReceived:
      for recipient in event.recipients { change(recipient, sign * event.points) }
    case .pointsGiven:
      if event.kind != .award { change(event.giver, sign * event.points * Int64(event.recipients.count)) }
    case .recognitionsReceived:
      if event.kind != .boost { event.recipients.forEach { change($0, sign) } }
    case .recognitionsGiven:
      if event.kind == .recognition { change(event.giver, sign) }
    case .colleaguesRecognised:
      guard event.kind == .recognition else { return }
      var sum: Int64 = 0
      for recipient in event.recipients {
        sum += encounters.change(from: event.giver, to: recipient, isReversal: event.isReversal)
      }
      change(event.giver, sum)
    case .teamsReached:
      guard event.kind == .recognition else { return }
      var sum: Int64 = 0
      for recipient in event.recipients {
        let met = encounters.change(from: event.giver, to: recipient, isReversal: event.isReversal)
        guard met != 0 else { continue }
        sum += reach.change(by: met, from: event.giver, to: recipient, at: event.position, in: directory)
      }
      change(event.giver, sum)
    }
  }

  /// Calls `set` for whoever's score may be another since these people's teams are. O(encounters of those concerned).
  mutating func recount(
    afterMovesOf movers: some Sequence<Member>, in directory: Directory<Member>,
    _ set: (_ member: Member, _ score: Int64, _ lastChange: Int64) -> Void
  ) {
    guard metric == .teamsReached else { return }
    var concerned: Set<Member> = []
    for mover in movers {
      concerned.insert(mover)
      concerned.formUnion(encounters.givers(of: mover))
    }
    for giver in concerned {
      let (score, lastChange) = reach.recount(giver, in: directory)
      set(giver, score, lastChange)
    }
  }
}
