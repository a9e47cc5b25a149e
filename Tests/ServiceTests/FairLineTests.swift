import Testing

@testable import Service

@Suite("A line where keys take turns")
struct FairLineTests {
  private static func take(_ count: Int, _ line: inout FairLine<String>) -> [String] {
    (0..<count).compactMap { _ in line.popFirst() }
  }

  @Test("gives each key one turn after the other, and what came by one key keeps its order")
  func turns() {
    var line = FairLine<String>()
    for number in 1...6 { line.append("a\(number)", of: 1) }
    for number in 1...2 { line.append("b\(number)", of: 2) }
    line.append("c1", of: 3)
    #expect(Self.take(4, &line) == ["a1", "b1", "c1", "a2"])
    // Whoever comes now waits for one turn of each, not for all that somebody else sent.
    line.append("d1", of: 4)
    #expect(Self.take(9, &line) == ["b2", "a3", "d1", "a4", "a5", "a6"])
    #expect(line.isEmpty)
  }

  @Test("takes back what was taken too early, before what came after it")
  func back() {
    var line = FairLine<String>()
    for element in ["a1", "a2", "b1", "a3"] { line.append(element, of: element.hasPrefix("a") ? 1 : 2) }
    let taken = Self.take(3, &line)
    #expect(taken == ["a1", "b1", "a2"])
    line.append("b2", of: 2)
    line.putBack(taken.map { ($0.hasPrefix("a") ? 1 : 2, $0) })
    #expect(line.count == 5)
    let again = Self.take(5, &line)
    #expect(again.filter { $0.hasPrefix("a") } == ["a1", "a2", "a3"])
    #expect(again.filter { $0.hasPrefix("b") } == ["b1", "b2"])
  }

  @Test("has each element come out once, each key's in order, and no key wait for two of another, whatever happens")
  func random() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      var line = FairLine<(key: UInt64, number: Int)>()
      var waiting: [UInt64: [Int]] = [:]
      var next = 0
      for _ in 0..<300 {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<6:
          let key = UInt64.random(in: 0..<5, using: &generator)
          line.append((key, next), of: key)
          waiting[key, default: []].append(next)
          next += 1
        case 6:
          // Something is taken, and goes back.
          var taken: [(key: UInt64, number: Int)] = []
          for _ in 0..<Int.random(in: 0..<8, using: &generator) { if let one = line.popFirst() { taken.append(one) } }
          line.putBack(taken.map { ($0.key, $0) })
        case 7:
          let bound = next - Int.random(in: 0..<20, using: &generator)
          let late = line.removeFirst { $0.number < bound }
          for (key, numbers) in waiting {
            #expect(late.filter { $0.key == key }.map(\.number) == numbers.filter { $0 < bound })
            waiting[key] = numbers.filter { $0 >= bound }
          }
        default:
          let keys = waiting.filter { !$0.value.isEmpty }.keys.count
          let taken = (0..<keys).compactMap { _ in line.popFirst() }
          // As many as there are keys: one of each.
          #expect(Set(taken.map(\.key)).count == keys)
          for one in taken { #expect(waiting[one.key]?.removeFirst() == one.number) }
        }
        #expect(line.count == waiting.values.reduce(0) { $0 + $1.count })
      }
    }
  }
}
