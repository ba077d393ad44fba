import TestKit
import Testing

@testable import SQLite

@Suite("Binding and reading values")
struct BindingTests {
  private let database: TemporaryDatabase

  init() throws { database = TemporaryDatabase() }

  private static let echo = Query("SELECT ?1, typeof(?1)")

  private func echo<Value: Bindable, Result>(
    _ value: Value,
    _ read: (borrowing Row) throws -> Result
  ) throws -> (Result, String)? {
    let connection = try database.writer()
    return try connection.first(Self.echo, value) { (try read($0), $0.text(1)) }
  }

  @Test(arguments: [Int64.min, -1, 0, 1, Int64.max])
  func integers(value: Int64) throws {
    let result = try #require(try echo(value) { $0.int64(0) })
    #expect(result == (value, "integer"))
  }

  @Test func otherNumbers() throws {
    #expect(try #require(try echo(2.5) { $0.double(0) }) == (2.5, "real"))
    #expect(try #require(try echo(true) { $0.bool(0) }) == (true, "integer"))
    #expect(try #require(try echo(Int32(-7)) { $0.int64(0) }) == (-7, "integer"))
    #expect(try #require(try echo(42) { $0.optionalInt64(0) }) == (42, "integer"))
  }

  @Test(arguments: ["", "a", "Grüße, 世界 🎉", String(repeating: "x", count: 100_000), "a\u{0}b"])
  func text(value: String) throws {
    let result = try #require(try echo(value) { $0.text(0) })
    #expect(result == (value, "text"))
  }

  @Test func staticText() throws {
    let value: StaticString = "constant"
    #expect(try #require(try echo(value) { $0.text(0) }) == ("constant", "text"))
    let character: StaticString = "x"
    #expect(try #require(try echo(character) { $0.text(0) }) == ("x", "text"))
  }

  @Test(arguments: [[], [0], [1, 0, 255], [UInt8](repeating: 9, count: 50_000)])
  func bytes(value: [UInt8]) throws {
    // An empty blob is a blob: a null pointer would have made it NULL.
    #expect(try #require(try echo(value) { $0.array(0) }) == (value, "blob"))
    let viaPointer = try value.withUnsafeBytes { buffer in try echo(buffer) { $0.array(0) } }
    #expect(try #require(viaPointer) == (value, "blob"))
  }

  @Test func null() throws {
    let result = try #require(try echo(String?.none) { $0.optionalText(0) })
    #expect(result == (nil, "null"))
    #expect(try #require(try echo(Int64?.none) { $0.optionalInt64(0) }).0 == nil)
    #expect(try #require(try echo([UInt8]?.none) { $0.span(0).byteCount }).0 == 0)
    #expect(try #require(try echo(Int64?.some(3)) { $0.optionalInt64(0) }).0 == 3)
  }

  @Test func aParameterThatDoesNotExistIsRefused() throws {
    let connection = try database.writer()
    #expect(throws: SQLiteError.self) { try connection.run(Self.echo, 1, 2) }
    #expect(try connection.first(Self.echo, 5) { $0.int64(0) } == 5)
  }
}
