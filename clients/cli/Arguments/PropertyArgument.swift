import ArgumentParser
import PatronClient

import struct PatronModel.CivilDate
import struct PatronModel.ISO8601Time
import struct PatronModel.RuleError

/// A property given as `name[:type]=value`. Without a type it is a string. An empty value removes
/// the property.
struct PropertyArgument: Sendable, Equatable {
  let name: String
  /// The value; empty for a timestamp.
  private let plain: PropertyValue
  /// The time of a timestamp, not converted yet.
  private let time: TimeArgument?

  static let help =
    "Set a property, as name[:type]=value; type is string, bool, int, double, timestamp or date. "
    + "A timestamp without a zone is in --timezone. An empty value removes the property. "
    + "Repeatable."

  init(_ text: String) throws {
    guard let equals = text.firstIndex(of: "=") else {
      throw ValidationError("Expected name[:type]=value, as in shoe_size:int=42.")
    }
    let parts = text[..<equals].split(separator: ":", omittingEmptySubsequences: false)
    guard let name = parts.first, !name.isEmpty, parts.count <= 2 else {
      throw ValidationError("Expected name[:type]=value, as in shoe_size:int=42.")
    }
    self.name = String(name)
    let type = parts.count == 2 ? String(parts[1]) : "string"
    let value = String(text[text.index(after: equals)...])
    time = type == "timestamp" && !value.isEmpty ? try TimeArgument(value) : nil
    plain = time == nil ? try Self.value(value, type: type) : PropertyValue()
  }

  /// Returns the value; a timestamp is converted to an instant by `times`.
  func value(_ times: Times) throws -> PropertyValue {
    guard let instant = try times.timestamp(time) else { return plain }
    return .with { $0.kind = .timestampValue(instant) }
  }

  private static func value(_ text: String, type: String) throws -> PropertyValue {
    var result = PropertyValue()
    if text.isEmpty { return .with { $0.kind = .stringValue("") } }
    switch type {
    case "string": result.kind = .stringValue(text)
    case "bool": result.kind = .boolValue(try BoolArgument.parse(text))
    case "int":
      guard let number = Int64(text) else {
        throw ValidationError("\"\(text.prefix(32))\" is not a whole number of 64 bits.")
      }
      result.kind = .int64Value(number)
    case "double":
      guard let number = Double(text), number.isFinite else {
        throw ValidationError("\"\(text.prefix(32))\" is not a finite number.")
      }
      result.kind = .doubleValue(number)
    case "timestamp": break
    case "date": result.kind = .dateValue(try DateArgument.parse(text))
    default:
      throw ValidationError(
        "\"\(type.prefix(32))\" is not a type; expected string, bool, int, double, timestamp or "
          + "date."
      )
    }
    return result
  }
}

/// A calendar day as users type it, in the forms of ISO 8601.
enum DateArgument {
  static func parse(_ text: String) throws -> CalendarDate {
    let time: ISO8601Time
    do throws(RuleError) {
      time = try ISO8601Time(text.trimmingSpace())
    } catch {
      throw ValidationError(error.message)
    }
    guard time.precision == .date else {
      throw ValidationError("Expected a date without a time, as in 2024-05-31.")
    }
    let date = time.timestamp.date
    return .with {
      $0.year = Int32(date.year)
      $0.month = Int32(date.month)
      $0.day = Int32(date.day)
    }
  }
}

/// Booleans as users type them, ignoring case and surrounding white space.
enum BoolArgument {
  static func parse(_ text: String) throws -> Bool {
    switch text.trimmingSpace().lowercased() {
    case "true", "yes", "1", "on", "y", "t": return true
    case "false", "no", "0", "off", "n", "f": return false
    default: throw ValidationError("Expected true, yes, on, y or 1, or false, no, off, n or 0.")
    }
  }
}
