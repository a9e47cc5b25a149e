// Compiled into one module with Sources/HTTP, so that no import is needed.

/// Fails when a text that was read does not read back from its canonical form as the same value.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSONReader(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  do throws(JSONError) {
    let value = try JSONReader.read(bytes)
    let canonical = value.canonicalBytes
    do throws(JSONError) {
      let again = try JSONReader.read(canonical)
      precondition(again.canonicalBytes == canonical, "the canonical form is not one")
      var writer = JSONWriter()
      writer.value(value)
      let written = try JSONReader.read(writer.bytes)
      precondition(written == value, "what was written reads as another value")
    } catch {
      preconditionFailure("what was written does not read: \(error)")
    }
  } catch {
    precondition((0...count).contains(error.offset), "an offset outside of the text")
  }
  return 0
}
