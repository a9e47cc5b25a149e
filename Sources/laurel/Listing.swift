import Service

/// The options of commands that show a list, and following the list from page to page.
struct Listing {
  static let options =
    [
      Arguments.Option(name: "--limit", value: "N", help: "how many; \(limitDefault) unless given"),
      Arguments.Option(name: "--cursor", value: "CURSOR", help: "go on where a page ended"),
      Arguments.Option(name: "--all", value: nil, help: "all of them, page by page"),
    ] + API.options + [Command.json]

  private static let limitDefault: Int64 = 20
  /// The most that the server gives at once.
  private static let limitMax: Int64 = 1_000

  let api: API
  private let limit: Int64
  private let cursor: String?
  private let isAll: Bool
  private let isJSON: Bool

  init(_ arguments: Arguments) throws {
    isAll = arguments.has("--all")
    if isAll, arguments.has("--limit") {
      throw Arguments.UsageError(description: "--all and --limit exclude each other")
    }
    limit = try arguments.integer("--limit", in: 1...Self.limitMax, default: isAll ? Self.limitMax : Self.limitDefault)
    cursor = arguments["--cursor"]
    isJSON = arguments.has("--json")
    api = try API(arguments)
  }

  /// - Parameters:
  ///   - empty: what to say of a list that holds nothing.
  ///   - show: prints a page; with `--json` the pages are printed as they are, one a line.
  func run(_ path: String, _ query: [(String, String?)] = [], empty: String = "", show: (Reply) -> Void) throws {
    var cursor = cursor
    repeat {
      let page = try api.get(path, query + [("limit", "\(limit)"), ("cursor", cursor)])
      if isJSON {
        page.print()
      } else if page.json["data"] == .array([]), cursor == nil {
        print(empty)
      } else {
        show(page)
      }
      cursor = page.json["next_cursor"]?.text
    } while isAll && cursor != nil
    if let cursor, !isJSON { print(Screen.current.quiet("There are more: --all, or --cursor \(cursor)")) }
  }
}

extension Arguments {
  /// What was given of the options that a query has too: `--max-points` is `max_points`.
  func query(_ names: [String]) -> [(String, String?)] {
    names.map { ($0, self["--\($0.replacing("_", with: "-"))"]) }
  }

  /// An amount of points, at least one: `5`, `+5`.
  func points(_ word: String) throws(UsageError) -> Int64 {
    guard let points = Int64(word), points > 0 else {
      throw UsageError(description: "\"\(word)\" is no number of points")
    }
    return points
  }
}
