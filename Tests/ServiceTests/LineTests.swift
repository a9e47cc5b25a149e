import Testing

@testable import Service

@Suite("A line")
struct LineTests {
  @Test(
    "says points, people and words",
    arguments: [
      ("+10 @ann @bo thanks for it #be-helpful", 10, ["ann", "bo"], "thanks for it #be-helpful"),
      ("@ann thanks", nil, ["ann"], "thanks"), ("+0 @ann thanks", 0, ["ann"], "thanks"),
      ("thanks @ann, and @bo@acme.example!", nil, ["ann", "bo@acme.example"], "thanks @ann, and @bo@acme.example!"),
      ("@ann +5", 5, ["ann"], ""), ("great +3 work @ann", 3, ["ann"], "great +3 work @ann"),
      ("  @ann \n\t hi   there ", nil, ["ann"], "hi   there"), ("nobody", nil, [], "nobody"), ("", nil, [], ""),
      ("+10 @ann\n\nDear Ann,\n\n  you did\nit.\n", 10, ["ann"], "Dear Ann,\n\n  you did\nit."),
      // Punctuation behind names and amounts, and around them.
      ("+10! @ann hi", 10, ["ann"], "hi"), ("+10: @ann hi", 10, ["ann"], "hi"), ("+10, @ann: hi", 10, ["ann"], "hi"),
      ("+10,@ann,@bo hi", 10, ["ann", "bo"], "hi"), ("(+10) @ann hi", 10, ["ann"], "(+10) @ann hi"),
      ("**+10** @ann hi", 10, ["ann"], "**+10** @ann hi"), ("+10🎉 @ann hi", 10, ["ann"], "+10🎉 @ann hi"),
      ("+10 (@bo) and @cy thanks", 10, ["bo", "cy"], "(@bo) and @cy thanks"),
      ("\"@cy\" *@ann* ‘@bo’ “@di” hi", nil, ["cy", "ann", "bo", "di"], "\"@cy\" *@ann* ‘@bo’ “@di” hi"),
      ("@ann's work", nil, ["ann"], "@ann's work"), ("@ann’s work", nil, ["ann"], "@ann’s work"),
      ("the boys' and @boss' work", nil, ["boss"], "the boys' and @boss' work"),
      ("'@ann' hi", nil, ["ann"], "'@ann' hi"),
      ("@ann… hi", nil, ["ann"], "hi"), ("@ann... hi", nil, ["ann"], "hi"), ("@jo. hi", nil, ["jo"], "hi"),
      ("thanks @jo-ann_ and @x.y-.", nil, ["jo-ann", "x.y"], "thanks @jo-ann_ and @x.y-."),
      ("@ann🎉 hi", nil, ["ann"], "@ann🎉 hi"), ("@annさん ありがとう", nil, ["ann"], "@annさん ありがとう"),
      ("@ann\u{200B} hi", nil, ["ann"], "hi"), ("\u{2068}@ann\u{2069} hi", nil, ["ann"], "\u{2068}@ann\u{2069} hi"),
      ("@Ann hi", nil, ["Ann"], "hi"), ("@@ann hi", nil, ["ann"], "@@ann hi"),
      // Full-width signs.
      ("＋１０ ＠bo２ hi", 10, ["bo2"], "hi"), ("＠bo@acme.example hi", nil, ["bo@acme.example"], "hi"),
      // Addresses and links name nobody, and hold no amounts.
      ("mail bo@acme.example @ann hi", nil, ["ann"], "mail bo@acme.example @ann hi"),
      (
        "https://x.example/@bo?u=@cy&by=@di/+10 @ann hi", nil, ["ann"], "https://x.example/@bo?u=@cy&by=@di/+10 @ann hi"
      ),
      (
        "x.example/@bo ci@bo x-y@bo é@bo.example @ann hi", nil, ["ann"],
        "x.example/@bo ci@bo x-y@bo é@bo.example @ann hi"
      ),
      ("@ @! see you @ 5 @ann hi", nil, ["ann"], "@ @! see you @ 5 @ann hi"),
      // By `&` nobody gets anything.
      ("+1 @ann hi &bo, R&D and Q&A &zeal", 1, ["ann"], "hi &bo, R&D and Q&A &zeal"),
      ("+1 &bo @ann hi", 1, ["ann"], "&bo @ann hi"),
      // What is no amount, and does not look like one.
      ("C++11, 1+1 = 2, 2026-11-22, COVID-19 @ann", nil, ["ann"], "C++11, 1+1 = 2, 2026-11-22, COVID-19 @ann"),
      ("thanks for 10 years, coffee + cake, @ann", nil, ["ann"], "thanks for 10 years, coffee + cake, @ann"),
      ("1st place for @ann", nil, ["ann"], "1st place for @ann"), ("+5 @ann 24h support", 5, ["ann"], "24h support"),
      ("taught us #c++ @ann", nil, ["ann"], "taught us #c++ @ann"), ("+5 @ann --level=-1", 5, ["ann"], "--level=-1"),
      ("@ann - well done", nil, ["ann"], "- well done"),
      ("10:30 was early, @ann", nil, ["ann"], "10:30 was early, @ann"),
    ] as [(String, Int64?, [String], String)])
  func read(_ text: String, _ points: Int64?, _ recipients: [String], _ message: String) throws {
    let line = try Line(text)
    #expect(line.points == points)
    #expect(line.recipients == recipients)
    #expect(line.message == message)
  }

  @Test(
    "with what looks like an amount, and is none, is refused",
    arguments: [
      "+10,000 @bo thanks", "+2.500 @bo hi", "+10.5 @bo hi", "+10pts @bo hi", "+10points @bo", "-10 @bo hi",
      "−10 @bo hi",
      "(-10) @bo hi", "+ 10 @bo hi", "+2 500 @bo hi", "+2 500pts @bo hi", "+2\u{A0}500 @bo hi", "+ @bo hi", "++ @bo hi",
      "+++ @bo",
      "++10 @bo hi", "+-10 @bo hi", "+10+5 @bo hi", "10 points to @bo", "@bo 10 points", "10pts @bo hi", "10! @bo hi",
      "１０ @bo hi",
      "5.5 @bo hi", "(10) @bo hi", "#be-helpful 10 @bo hi", "🎉 10 @bo hi", "+10@bo hi", "@bo+10 hi", "@bo++ hi",
      "@bo ++",
      "@bo,+10.5 hi", "@bo,-10 hi", "@bo:+10 hi", "thanks.+10 @bo", "+10/2 @bo hi", "+10-20 @bo hi", "+10% @bo hi",
      "+10€ @bo hi",
      "$+10 @bo hi", "+10k @bo hi", "+10点 @bo hi", "+1️⃣ @bo hi", "+½ @bo hi", "+٣ @bo hi", "+007 @bo hi",
      "+10\u{200B}000 @bo hi",
      "+\u{200B}10 @bo hi", "+ten @bo hi", "@bo thanks + 10", "+1e3 @bo hi", "+0x10 @bo hi", "+10:30 @bo hi",
      "+10'000 @bo hi",
      "+10’000 @bo hi", "+10_000 @bo hi", "+１０，０００ @bo hi", "➕ 10 @bo hi", "+1000000001 @bo hi",
      "+99999999999999999999 @bo",
      "+1 @bo +2", "+1 +1 @bo",
      // Points that are counted without a plus, wherever that is.
      "@bo gets 10 points", "give 10 points to @bo", "thanks @bo, 10 points for you", "@bo you get 5pts!",
      "@bo has 1 POINT",
    ])
  func noAmount(_ text: String) {
    do throws(Line.Mistake) {
      let line = try Line(text)
      Issue.record("\(text): \(line)")
    } catch .nobody(let name) {
      Issue.record("\(text): \(name)")
    } catch {}
  }

  @Test(
    "with a name that nobody can have is refused, and the name told",
    arguments: [
      ("@josé hi", "josé"), ("@jose\u{301} hi", "jose\u{301}"), ("@o'brien hi", "o'brien"), ("@ann'll hi", "ann'll"),
      ("@ann’sx hi", "ann’sx"), ("+1 @ann @boß", "boß"), ("@山吹 hi", "山吹"), ("@b\u{43E} hi", "b\u{43E}"),
      ("@ｂｏ hi", "ｂｏ"),
      ("@an\u{200B}n hi", "an\u{200B}n"), ("@-ann hi", "-ann"), ("@team:sales hi", "team:sales"),
      ("@(ann) hi", "(ann)"),
      // Within a word that is no address.
      ("+1 @cy x/@bo hi", "bo"), ("x.@bo @cy hi", "bo"), ("x-@bo hi @cy", "bo"), ("_@bo_ and @cy", "bo_"),
      ("à@bo et @cy", "bo"), ("cc/@bo @cy", "bo"), ("ad 1.@bo 2.@cy", "bo"), ("+10 @bo/@cy hi", "cy"),
      ("@cy &.@bo", "bo"),
      ("@ann1️⃣ hi", "ann1️⃣"), ("@jo-é hi", "jo-é"), ("@𝐛𝐨 hi", "𝐛𝐨"), ("@bo² hi", "bo²"),
    ])
  func nobody(_ text: String, _ name: String) {
    #expect(throws: Line.Mistake.nobody(name)) { try Line(text) }
  }

  @Test(
    "takes no longer than its length, whatever stands in it",
    arguments: ["@", "@!", "@a ", "@'", "+", "+1,", "&", "@a\u{200B}", "#", "://@", "@a'", "é@é", "./@a", "a@a"])
  func long(_ piece: String) {
    // A square of that would take many seconds.
    let text = String(repeating: piece, count: 20_000)
    _ = try? Line(text)
    _ = MarkedText.hashtags(in: text)
    #expect(MarkedText.mentions(in: text).count <= 20)
  }
}

@Suite("Mentions in a message")
struct MentionTests {
  @Test(
    "are handles and emails after an @ or & that begins a word",
    arguments: [
      ("@bo", ["bo"]), ("with @Bo, @bo. And (@cy-d_e.f)!", ["bo", "cy-d_e.f"]), ("bo@acme.example", []), ("@ bo", []),
      ("@bo@acme.example", ["bo@acme.example"]), ("", []), ("no at all", []), ("@@bo", ["bo"]), ("@bo...", ["bo"]),
      ("é@bo", []),
      ("@", []), ("@山吹", []), ("x\n@bo", ["bo"]), ("&bo and ＠cy", ["bo", "cy"]), ("R&D", []), ("@josé", []),
      ("@bo's", ["bo"]),
    ] as [(String, [String])])
  func found(_ text: String, _ names: [String]) {
    #expect(MarkedText.mentions(in: text) == names)
  }

  @Test("are at most twenty")
  func bounded() {
    let text = (0..<500).map { "@p\($0)" }.joined(separator: " ")
    #expect(MarkedText.mentions(in: text).count == 20)
  }
}
