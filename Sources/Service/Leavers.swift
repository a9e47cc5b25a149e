/// Whether whoever a file of people does not name leaves, and what holds that back when the file is not what it should be.
public struct Leavers: Sendable {
  /// How many of those who are here may leave by one file.
  public enum Brake: Sendable, Equatable {
    /// In hundredths of a percent, rounded up, so that one may always leave.
    case share(Int)
    case count(Int)

    /// `5%`, `2.5%`, `20`.
    public init?(_ text: String) {
      guard text.hasSuffix("%") else {
        guard let count = Int(text), count >= 0 else { return nil }
        self = .count(count)
        return
      }
      let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
      guard (1...2).contains(parts.count), let whole = Int(parts[0]), (0...100).contains(whole) else { return nil }
      let decimals = parts.count == 2 ? parts[1] : ""
      guard parts.count == 1 || (1...2).contains(decimals.count), decimals.allSatisfy({ ("0"..."9").contains($0) }),
        let hundredths = Int(decimals + String(repeating: "0", count: 2 - decimals.count))
      else { return nil }
      self = .share(min(10_000, whole * 100 + hundredths))
    }

    func countMax(of active: Int) -> Int {
      switch self {
      case .share(let hundredths): (active * hundredths + 9_999) / 10_000
      case .count(let count): count
      }
    }
  }

  public let brake: Brake
  /// People, by id, handle or email, who stay though the file does not name them.
  public let kept: [String]

  public static let brakeDefault = Brake.share(500)

  public init(brake: Brake = brakeDefault, kept: [String] = []) {
    self.brake = brake
    self.kept = kept
  }
}
