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

  /// The one message that `argument` holds.
  static func message<Value: Message>(_ type: Value.Type, _ argument: String, flag: String) throws
    -> Value
  {
    let bytes = try bytes(argument)
    do throws(JSONError) {
      return try Value(json: bytes, options: Session.reading())
    } catch {
      throw LocalError.usage("\(flag): \(error)")
    }
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
