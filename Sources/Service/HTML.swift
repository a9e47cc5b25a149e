/// The pages that are served to people: no scripts, and nothing fetched from elsewhere.
enum HTML {
  /// A whole page.
  /// - Parameters:
  ///   - title: what a window is called.
  ///   - body: HTML.
  static func page(_ title: String, _ body: String) -> [UInt8] {
    let style = EmbeddedFile.at("web/reference.css").text
    return Array(
      """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(text(title))</title>
      <style>
      \(style)</style>
      </head>
      <body>
      \(body)</body>
      </html>

      """.utf8)
  }

  /// Words with what is between back-ticks as code.
  static func prose(_ words: String) -> String {
    words.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, part in
      index % 2 == 0 ? text(String(part)) : "<code>\(text(String(part)))</code>"
    }.joined()
  }

  static func text(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
