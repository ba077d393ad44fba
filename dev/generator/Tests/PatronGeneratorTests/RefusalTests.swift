import Testing

@testable import PatronGenerator

@Suite struct RefusalTests {
  @Test func recursiveMessages() {
    let direct = "syntax = \"proto3\"; package p; message A { repeated A a = 1; }"
    #expect(throws: refusal("p.A: recursive messages are not supported")) {
      try Protoc.generate(source: direct)
    }
    let indirect = """
      syntax = "proto3"; package p;
      message A { map<string, B> b = 1; } message B { C c = 1; }
      message C { oneof x { A a = 1; } }
      """
    #expect(throws: refusal("p.A: recursive messages are not supported")) {
      try Protoc.generate(source: indirect)
    }
  }

  @Test func proto2() {
    #expect(throws: refusal("a.proto: only proto3 is supported")) {
      try Protoc.generate(source: "syntax = \"proto2\"; package p;")
    }
  }

  @Test func moreThan128Fields() throws {
    func source(_ count: Int) -> String {
      let fields = (1...count).map { "int32 f\($0) = \($0);" }.joined()
      return "syntax = \"proto3\"; package p; message A { \(fields) }"
    }
    #expect(throws: refusal("p.A: more than 128 fields are not supported")) {
      try Protoc.generate(source: source(129))
    }
    #expect(try !Protoc.generate(source: source(128)).isEmpty)
  }

  @Test func unknownOption() {
    let message = "unknown option 'speed=9'; there are c_module, bare_package and contract"
    #expect(throws: refusal(message)) {
      try Protoc.generate(source: "syntax = \"proto3\";", parameter: "speed=9")
    }
  }

  @Test func methodsWithoutAScope() throws {
    func source(_ option: String) -> String {
      """
      syntax = "proto3"; package p; import "patron/v1/options.proto";
      message A {} service S { rpc Get(A) returns (A) {\(option)} }
      """
    }
    let message =
      "p.S.Get: name the scope that a key needs, such as"
      + " option (patron.v1.scope) = \"customers:read\";"
    #expect(throws: refusal(message)) {
      try Protoc.generate(source: source(""), parameter: "bare_package=p")
    }
    let named = source("option (patron.v1.scope) = \"watch\";")
    let files = try Protoc.generate(source: named, parameter: "bare_package=p")
    #expect(files["ContractText.swift"]?.contains("scope: \"watch\",") == true)
    // Interfaces of other projects say nothing of scopes.
    #expect(try !Protoc.generate(source: source("")).isEmpty)
  }

  private func refusal(_ message: String) -> Protoc.Failure { Protoc.Failure(message: message) }
}
