import Testing

@testable import PatronGenerator

@Suite struct ReasonWriterTests {
  @Test func reasonsOfComments() throws {
    let files = try Protoc.generate(
      source: """
        syntax = "proto3";
        // Every method may answer `STORE_UNKNOWN` and `INTERNAL`.
        package p;
        // `STORE_UNKNOWN` twice, `STORE_UNKNOWN`; no `UPPER` word, no `lower_case` one.
        message A {
          // `NAME_TOO_LONG`, and never `KIND_OLD`.
          string name = 1;
        }
        enum Kind {
          KIND_UNSPECIFIED = 0;
          // See `NAME_TOO_LONG`.
          KIND_OLD = 1;
        }
        """,
      parameter: "bare_package=p"
    )
    let text = try #require(files["PatronReason.swift"])
    #expect(
      text.hasSuffix(
        """
        public enum PatronReason {
          /// `INTERNAL`: see the rules for every method.
          public static var `internal`: String { "INTERNAL" }

          /// `NAME_TOO_LONG`: see `A.name`, `KIND_OLD`.
          public static var nameTooLong: String { "NAME_TOO_LONG" }

          /// `STORE_UNKNOWN`: see the rules for every method, ``A``.
          public static var storeUnknown: String { "STORE_UNKNOWN" }
        }

        """
      )
    )
  }

  @Test func noReasonsNoFile() throws {
    let source = "syntax = \"proto3\"; package p; message A {}"
    let files = try Protoc.generate(source: source, parameter: "bare_package=p")
    #expect(files["PatronReason.swift"] == nil)
  }
}
