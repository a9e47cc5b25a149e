import CCrypto

/// SHA-256 of bytes that come piece by piece.
public final class DigestStream {
  private let context: OpaquePointer

  public init() {
    // OpenSSL fails here only when it is out of memory.
    context = EVP_MD_CTX_new()!
    precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "EVP_DigestInit_ex failed")
  }

  deinit { EVP_MD_CTX_free(context) }

  public func update(_ bytes: [UInt8]) {
    precondition(EVP_DigestUpdate(context, bytes, bytes.count) == 1, "EVP_DigestUpdate failed")
  }

  /// To be called once, at the end.
  public func finish() -> Digest {
    var output = [UInt8](repeating: 0, count: 32)
    precondition(EVP_DigestFinal_ex(context, &output, nil) == 1, "EVP_DigestFinal_ex failed")
    // 32 bytes were written.
    return Digest(bytes: output)!
  }
}
