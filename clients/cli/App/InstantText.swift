import ArgumentParser
import PatronClient

import struct PatronModel.ISO8601Time
import struct PatronModel.RuleError

/// Times as people type them: ISO 8601 in its many forms. Without an offset UTC is meant.
enum InstantText {
  /// The instant, or nil when the text is none.
  static func instant(_ text: String) -> JSONInstant? {
    guard let time = try? ISO8601Time(text) else { return nil }
    return JSONInstant(seconds: time.timestamp.seconds, nanoseconds: time.timestamp.nanos)
  }

  /// The instant, or an error for wrong usage.
  static func timestamp(_ text: String) throws -> GoogleProtobuf.Timestamp {
    do throws(RuleError) {
      let time = try ISO8601Time(text).timestamp
      return .with {
        $0.seconds = time.seconds
        $0.nanos = time.nanos
      }
    } catch {
      throw ValidationError(error.message)
    }
  }
}
