import Rankings

/// Scores by their definition, from all events at once: after each event, everybody's score is worked out anew from what
/// is not taken away by then.
struct NaiveScores {
  let metric: Metric
  let directory: Directory<Int32>

  func board(of events: [Event<Int32>]) -> NaiveBoard {
    var board = NaiveBoard()
    var standing: [Event<Int32>] = []
    for event in events {
      if event.isReversal {
        let reversed = standing.firstIndex { earlier in
          earlier.kind == event.kind && earlier.giver == event.giver && earlier.recipients == event.recipients
            && earlier.points == event.points && earlier.values == event.values
        }
        if let reversed { standing.remove(at: reversed) }
      } else {
        standing.append(event)
      }
      for member in event.recipients + [event.giver] {
        let score = score(of: member, standing)
        if score == board.rows[member]?.score ?? 0 { continue }
        let particulars = directory[member]
        board.rows[member] = Board.Row(
          member: member, handle: particulars?.handle ?? "", score: score, lastChange: event.position,
          isHidden: particulars?.isListed != true)
      }
    }
    return board
  }

  private func score(of member: Int32, _ events: [Event<Int32>]) -> Int64 {
    let received = events.filter { $0.recipients.contains(member) }
    let given = events.filter { $0.giver == member && $0.kind != .award }
    let recognitions = given.filter { $0.kind == .recognition }
    switch metric {
    case .pointsReceived: return received.reduce(0) { $0 + $1.points }
    case .pointsGiven: return given.reduce(0) { $0 + $1.points * Int64($1.recipients.count) }
    case .recognitionsReceived: return Int64(received.filter { $0.kind != .boost }.count)
    case .recognitionsGiven: return Int64(recognitions.count)
    case .colleaguesRecognised: return Int64(Set(recognitions.flatMap(\.recipients)).count)
    case .teamsReached:
      let teams = Set(recognitions.flatMap(\.recipients).compactMap { directory[$0]?.team })
      return Int64(teams.subtracting([directory[member]?.team].compactMap(\.self)).count)
    }
  }
}
