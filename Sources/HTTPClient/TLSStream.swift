import CTLS
import Glibc

/// TLS 1.2 or later over a stream, with the server's certificate and name verified by OpenSSL against the authorities that the
/// machine trusts (or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`).
///
/// OpenSSL works on two buffers in memory and never sees the socket: so waits are bounded, and no write meets a SIGPIPE.
final class TLSStream: ByteStream {
  private let stream: any ByteStream
  private let context: OpaquePointer
  private let session: OpaquePointer
  /// What came from the server, and what is to be sent; both belong to ``session``.
  private let incoming: OpaquePointer
  private let outgoing: OpaquePointer

  /// Shakes hands.
  /// - Throws: `untrusted` when the server cannot prove that it is `host`.
  init(over stream: any ByteStream, host: String, trusting authorities: String?) throws(ConnectionError) {
    self.stream = stream
    ERR_clear_error()
    guard let context = SSL_CTX_new(TLS_client_method()), let session = SSL_new(context),
      let incoming = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem())
    else { throw ConnectionError(.untrusted, "OpenSSL has no memory") }
    (self.context, self.session, self.incoming, self.outgoing) = (context, session, incoming, outgoing)
    SSL_set_bio(session, incoming, outgoing)
    guard SSL_CTX_set_default_verify_paths(context) == 1,
      SSL_ctrl(session, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil) == 1, name(host)
    else { throw Self.failure(.untrusted, "TLS could not be set up") }
    if let authorities, SSL_CTX_load_verify_file(context, authorities) != 1 {
      throw Self.failure(.untrusted, "\(authorities) holds no certificates")
    }
    SSL_set_verify(session, SSL_VERIFY_PEER, nil)
    SSL_set_connect_state(session)
    try handshake(host)
  }

  deinit {
    SSL_free(session)
    SSL_CTX_free(context)
  }

  func send(_ bytes: [UInt8]) throws(ConnectionError) {
    if bytes.isEmpty { return }
    ERR_clear_error()
    // Into memory, so it takes everything at once.
    guard SSL_write(session, bytes, Int32(bytes.count)) == bytes.count else {
      throw Self.failure(.lost, "TLS broke off")
    }
    try flush()
  }

  func receive() throws(ConnectionError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      ERR_clear_error()
      let count = SSL_read(session, &buffer, Int32(buffer.count))
      if count > 0 { return Array(buffer[..<Int(count)]) }
      switch SSL_get_error(session, count) {
      case SSL_ERROR_ZERO_RETURN: return []
      case SSL_ERROR_WANT_READ:
        // It may have to answer first, such as a change of keys.
        try flush()
        try feed()
      default: throw Self.failure(.lost, "TLS broke off")
      }
    }
  }

  /// Says whom the certificate has to be for; names are told to the server too (SNI), addresses are not.
  private func name(_ host: String) -> Bool {
    var address = in6_addr()
    let isAddress = inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
    if isAddress { return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) == 1 }
    SSL_set_hostflags(session, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    let isTold = host.withCString {
      SSL_ctrl(
        session, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), UnsafeMutableRawPointer(mutating: $0))
    }
    return isTold == 1 && SSL_set1_host(session, host) == 1
  }

  private func handshake(_ host: String) throws(ConnectionError) {
    while true {
      ERR_clear_error()
      let result = SSL_do_handshake(session)
      if result == 1 { return try flush() }
      guard SSL_get_error(session, result) == SSL_ERROR_WANT_READ else {
        let verdict = SSL_get_verify_result(session)
        if verdict != X509_V_OK {
          let reason = String(cString: X509_verify_cert_error_string(verdict))
          throw ConnectionError(.untrusted, "\(host) could not prove who it is: \(reason)")
        }
        throw Self.failure(.untrusted, "no TLS with \(host)")
      }
      try flush()
      try feed()
    }
  }

  private func flush() throws(ConnectionError) {
    var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(outgoing))
    if bytes.isEmpty { return }
    let count = BIO_read(outgoing, &bytes, Int32(bytes.count))
    guard count == bytes.count else { throw Self.failure(.lost, "TLS broke off") }
    try stream.send(bytes)
  }

  private func feed() throws(ConnectionError) {
    let bytes = try stream.receive()
    // Without the farewell of TLS, an end may be somebody else's doing.
    guard !bytes.isEmpty else { throw ConnectionError(.lost, "the connection ended") }
    guard BIO_write(incoming, bytes, Int32(bytes.count)) == bytes.count else {
      throw Self.failure(.lost, "TLS broke off")
    }
  }

  private static func failure(_ kind: ConnectionError.Kind, _ what: String) -> ConnectionError {
    let code = ERR_get_error()
    guard code != 0, let reason = ERR_reason_error_string(code) else { return ConnectionError(kind, what) }
    return ConnectionError(kind, "\(what): \(String(cString: reason))")
  }
}
