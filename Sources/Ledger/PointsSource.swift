/// Where points came from that somebody was credited with: what a redemption says of what paid for it.
public struct PointsSource: Hashable, Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    case allowance, history, budget, earning, adjustment
  }

  public let kind: Kind
  /// Of a budget: a name can be given anew.
  public let id: ID?
  /// The budget's, or that of the system where they were earned.
  public let name: String?
  /// Whether they came from a taxable budget.
  public let isTaxable: Bool

  public init(_ kind: Kind, id: ID? = nil, name: String? = nil, isTaxable: Bool = false) {
    self.kind = kind
    self.id = id
    self.name = name
    self.isTaxable = isTaxable
  }

  /// Somebody's allowance.
  public static let allowance = PointsSource(.allowance)
  /// What was given elsewhere, before.
  public static let history = PointsSource(.history)
  public static let adjustment = PointsSource(.adjustment)
  public static func earning(_ system: String) -> PointsSource { PointsSource(.earning, name: system) }
  public static func budget(_ budget: Budget) -> PointsSource {
    PointsSource(.budget, id: budget.id, name: budget.name, isTaxable: budget.isTaxable)
  }
}

/// So many points of one source.
public struct SourcePart: Equatable, Sendable {
  public let source: PointsSource
  public let points: Int64

  public init(_ source: PointsSource, _ points: Int64) {
    self.source = source
    self.points = points
  }
}

extension [SourcePart] {
  /// `allowance:30;budget:Spot awards:20`, the oldest first: with a backslash before each backslash, semicolon and colon of a
  /// name, so that a name cannot look like another part.
  public var text: String {
    map { part in
      ([part.source.kind.rawValue] + (part.source.name.map { [Self.escaped($0)] } ?? []) + ["\(part.points)"])
        .joined(separator: ":")
    }.joined(separator: ";")
  }

  /// What of them taxable budgets paid.
  public var taxablePoints: Int64 { reduce(0) { $0 + ($1.source.isTaxable ? $1.points : 0) } }

  private static func escaped(_ name: String) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in name.unicodeScalars {
      if scalar == "\\" || scalar == ";" || scalar == ":" { escaped.append("\\") }
      escaped.append(scalar)
    }
    return String(escaped)
  }
}
