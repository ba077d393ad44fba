import ArgumentParser
import PatronClient

/// JSON given on the command line: the text itself, `@FILE`, or `-` for standard input.
enum DataArgument {
  /// Returns the bytes of the argument, file or standard input; files and input hold at most 64
  /// MiB.
  static func bytes(_ argument: String) throws -> [UInt8] {
    if argument == "-" || argument == "@" || argument == "@-" {
      return try InputFile.standardInput.readAll()
    }
    if argument.hasPrefix("@") {
      return try InputFile(path: String(argument.dropFirst())).readAll()
    }
    return Array(argument.utf8)
  }

  /// Parses the JSON of a flag as one message. Returns an empty message if the flag was not given.
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
  /// Encodes the message, or throws a usage error if a value of a flag cannot be encoded.
  func encodedForCLI() throws -> [UInt8] {
    do throws(CodecError) {
      return try encoded()
    } catch {
      throw LocalError.usage("\(error)")
    }
  }
}
