import CLibPQ
import Foundation
import HTTP
import Ledger
import Testing

@testable import Service

/// An organisation of a test's own, with a key for everyone.
///
/// Unless the test brings other people: Mo leads Sales, where Ann and Bo are; Cy, in Support, reports to nobody, and so does
/// Di; Fay is in finance; `admin` is the administrator.
struct Company: Sendable {
  let slug: String
  let number: Int32
  let keys: [String: String]
  let laurel: Laurel

  static let people = """
    handle,name,email,team,manager,roles
    mo,Mo Mansour,mo@acme.example,Sales,,
    ann,Ann Ames,ann@acme.example,Sales,mo,
    bo,Bo Björk,bo@acme.example,Sales,mo,
    cy,Cy Ünal,cy@acme.example,Support,,
    di,Di Diallo,di@acme.example,Support,,
    fay,Fay Fang,fay@acme.example,Finance,,finance

    """

  /// Runs `body` with a new organisation, and verifies its ledger afterwards.
  static func with(
    _ people: String = people, allowance: Int64 = 100, timeZone: String = "Europe/Berlin", staysSound: Bool = true,
    _ body: (Company) async throws -> Void
  ) async throws {
    let laurel = try #require(Laurel.current)
    try await Turnstile.pass {
      let company = try await Company(people, allowance: allowance, timeZone: timeZone, on: laurel)
      try await body(company)
      if staysSound { #expect(try await company.problems() == []) }
    }
  }

  private init(_ people: String, allowance: Int64, timeZone: String, on laurel: Laurel) async throws {
    self.laurel = laurel
    slug = "acme-\(UInt32.random(in: 0 ... .max))"
    let administration = laurel.administration
    let adminKey = try await administration.create(
      .init(slug: slug, name: "Acme", timeZone: timeZone, allowance: allowance))
    _ = try await administration.importPeople(Array(people.utf8), organization: slug) { _, _ in }
    let made = try await administration.createMissingKeys(organization: slug)
    keys = Dictionary(uniqueKeysWithValues: made.map { ($0.handle, $0.key) }).merging(["admin": adminKey]) { $1 }
    number = try await administration.number(of: slug)
  }

  /// A connection of its own for somebody.
  subscript(handle: String) -> Client { Client(laurel.port, key: keys[handle]!) }

  func id(_ handle: String) throws -> String { try #require(self[handle].get("/v1/me").json["id"]?.text) }

  /// `allowance/points`, as `/v1/me` says.
  func balances(_ handle: String) throws -> String {
    let balances = try #require(try self[handle].get("/v1/me").json["balances"])
    return "\(balances["allowance"]?.number ?? -1)/\(balances["points"]?.number ?? -1)"
  }

  /// What verification finds, as `invariant@position`.
  func problems() async throws -> [String] {
    let reports = try await laurel.administration.verify(organization: slug)
    return reports.flatMap(\.report.findings).map { "\($0.invariant)@\($0.position ?? 0)" }
  }

  func importRecognitions(_ csv: String, points: Int64 = 0, addsValues: Bool = false) async throws -> Int {
    try await laurel.administration.importRecognitions(
      Array(csv.utf8), organization: slug, points: points, addsValues: addsValues
    ) { _, _ in }.imported
  }
}

/// A blocking connection of libpq's: a test's own view of the database, or an intruder's.
final class Session {
  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  private let connection: OpaquePointer?

  init(_ url: String) throws {
    connection = PQconnectdb(url)
    try run("SET search_path = laurel; SET client_min_messages = warning")
  }

  /// The superuser, whom no trigger stops.
  static func intruder() throws -> Session {
    let session = try Session(#require(Laurel.current).cluster.superuserURL)
    try session.run("SET session_replication_role = replica")
    return session
  }

  deinit { PQfinish(connection) }

  /// The types of a statement's parameters, as PostgreSQL resolves them.
  func parameterTypes(of text: String) throws -> [UInt32] {
    let prepared = PQprepare(connection, "", text, 0, nil)
    defer { PQclear(prepared) }
    let result = PQdescribePrepared(connection, "")
    defer { PQclear(result) }
    guard PQresultStatus(prepared) == PGRES_COMMAND_OK, PQresultStatus(result) == PGRES_COMMAND_OK else {
      throw Failed(description: String(cString: PQerrorMessage(connection)))
    }
    return (0..<PQnparams(result)).map { PQparamtype(result, $0) }
  }

  /// The rows, each as its columns joined by `|`.
  @discardableResult
  func run(_ sql: String) throws -> [String] {
    let result = PQexec(connection, sql)
    defer { PQclear(result) }
    guard [PGRES_TUPLES_OK, PGRES_COMMAND_OK].contains(PQresultStatus(result)) else {
      throw Failed(description: String(cString: PQerrorMessage(connection)))
    }
    return (0..<PQntuples(result)).map { row in
      (0..<PQnfields(result)).map { String(cString: PQgetvalue(result, row, $0)) }.joined(separator: "|")
    }
  }
}
