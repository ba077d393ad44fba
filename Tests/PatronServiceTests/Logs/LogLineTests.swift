import Foundation
import Logging
import TestKit
import Testing

@testable import PatronServer

/// Tests of the form of a line of the log.
struct LogLineTests {
  private static func line(
    _ format: LogFormat,
    _ message: String,
    _ metadata: Logger.Metadata = [:]
  ) -> String {
    let line = LogLine(format, at: 1_796_074_085_123_456, .info, .calls, message, metadata)
    return String(decoding: line.bytes, as: UTF8.self)
  }

  private static func object(_ line: String) throws -> [String: Any] {
    #expect(line.hasSuffix("\n") && line.dropLast().allSatisfy { $0 != "\n" }, "\(line)")
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
    return try #require(object as? [String: Any])
  }

  private static let fields: Logger.Metadata = [
    "trace_id": "0af7651916cd43dd8448eb211c80319c", "zone": "b", "call": "00ff",
    "ms": .stringConvertible(12), "share": .stringConvertible(0.5),
    "busy": .stringConvertible(true), "peer": "[::1]:80", "area": "a b=\"c\"", "reason": "",
  ]

  @Test func textIsForPeople() {
    #expect(
      Self.line(.text, "a slow \"call\"", Self.fields)
        == "2026-11-30T21:28:05.123Z info calls: a slow \"call\" call=00ff ms=12 peer=[::1]:80 "
        + "reason=\"\" trace_id=0af7651916cd43dd8448eb211c80319c area=\"a b=\\\"c\\\"\" busy=true "
        + "share=0.5 zone=b\n"
    )
  }

  @Test func jsonIsOneObjectWithKeysInOrder() throws {
    let line = Self.line(.json, "a slow \"call\"", Self.fields)
    #expect(
      line.hasPrefix(
        #"{"ts":"2026-11-30T21:28:05.123Z","level":"info","component":"calls","#
          + #""msg":"a slow \"call\"","call":"00ff","ms":12,"peer":"[::1]:80","reason":"","#
      ),
      "\(line)"
    )
    let object = try Self.object(line)
    #expect(object.count == 4 + Self.fields.count)
    #expect(object["ms"] as? Int == 12 && object["share"] as? Double == 0.5)
    #expect(object["busy"] as? Bool == true && object["area"] as? String == "a b=\"c\"")
  }

  @Test(arguments: [
    "a\nb", "\u{0}\u{1B}[31m", "\u{7F}\u{85}\u{9B}", "\u{2028}\u{2029}", "\u{202E}abc\u{2066}",
    "\\ \" /", "é 木 👋🏽", "",
  ])
  func everyTextStaysOnItsLine(_ text: String) throws {
    for key in ["reason", text] {
      let metadata: Logger.Metadata = [key: .string(text)]
      let json = Self.line(.json, text, metadata)
      let object = try Self.object(json)
      #expect(object["msg"] as? String == text && object[key] as? String == text, "\(json)")
      for line in [json, Self.line(.text, text, metadata)] {
        let isSafe = line.unicodeScalars.dropLast().allSatisfy {
          $0.properties.generalCategory != .control && !(0x2028...0x202E).contains($0.value)
            && !(0x2066...0x2069).contains($0.value)
        }
        #expect(isSafe && line.hasSuffix("\n"), "\(line)")
      }
    }
  }

  @Test(arguments: LogFormat.allCases, [1, 100])
  func aLineIsBounded(_ format: LogFormat, fields: Int) throws {
    for text in ["x", "\u{1}", "木", "\""] {
      let long = String(repeating: text, count: 10_000)
      var metadata: Logger.Metadata = [:]
      for number in 0..<fields { metadata["field\(number)"] = .string(long) }
      metadata["call"] = "00ff"
      let line = Self.line(format, long, metadata)
      #expect(line.utf8.count <= LogLine.maxBytes && line.contains("…"), "\(line)")
      // The fields that come first are kept.
      #expect(line.contains("00ff") && line.contains("cut") == (fields > 1), "\(line)")
      if format == .json { _ = try Self.object(line) }
    }
  }

  @Test func everyTimeHasItsForm() {
    for time in [Int64.min, -1, 0, Int64.max] {
      let line = LogLine(.text, at: time, .error, .server, "x", [:])
      #expect(line.bytes.count == "2026-11-30T21:28:05.123Z error server: x\n".utf8.count)
    }
  }

  @Test func randomTextIsJSON() throws {
    var random = SeededRandom()
    for _ in 0..<500 {
      var text = ""
      for _ in 0..<random.below(40) {
        let value = UInt32(random.below(random.coin() ? 0x100 : 0x11_0000))
        if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
      }
      let object = try Self.object(Self.line(.json, text, ["x": .string(text)]))
      #expect(object["x"] as? String == text, "seed \(random.seed)")
    }
  }
}
