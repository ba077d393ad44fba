import ArgumentParser
import PatronClient

/// JSON given on the command line: the text itself, `@FILE`, or `-` for standard input.
enum DataArgument {
  /// The bytes that `argument` stands for.
  static func bytes(_ argument: String) throws -> [UInt8] {
    if argument == "-" || argument == "@" || argument == "@-" {
      return try InputFile.standardInput.readAll()
    }
    if argument.hasPrefix("@") {
      return try InputFile(path: String(argument.dropFirst())).readAll()
    }
    return Array(argument.utf8)
  }

  /// The one message that JSON given by a flag holds; an empty one without it.
  static func message<Value: Message>(
    _ type: Value.Type,
    _ json: [UInt8]?,
    _ times: Times,
    flag: String = "--data"
  ) throws -> Value {
    guard let json else { return Value() }
    let packed: [UInt8]
    do throws(JSONError) {
      packed = try TimedJSON(times: times).pack(Value.descriptor, json)
    } catch {
      throw LocalError.usage("\(flag): \(error)")
    }
    return try Value(decoding: packed)
  }
}

extension Message {
  /// The encoded message, or wrong usage when a flag holds what cannot be encoded.
  func encodedForCLI() throws -> [UInt8] {
    do throws(CodecError) {
      return try encoded()
    } catch {
      throw LocalError.usage("\(error)")
    }
  }
}
