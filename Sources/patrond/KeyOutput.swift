import ArgumentParser
import PatronProto
import ProtobufC

/// The flags for the place of a new key.
struct KeyOutput: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write the key to this new file, which only its owner may read, instead of standard output.",
      valueName: "file"
    )
  )
  var out: String?

  @OptionGroup var output: OutputOptions

  /// Makes the file before the key, so that no key is made that cannot be kept. Returns nil if the
  /// key goes to standard output.
  func makeFile() throws -> KeyFile? { try out.map { try KeyFile($0) } }

  /// Puts a new key into its place, and says on standard error which it is. JSON has the whole
  /// response; where the key goes to a file, `hide` removes the token from it.
  ///
  /// - Throws: ``Failure`` if the key cannot be written. The key exists all the same, and the error
  ///   says how to get rid of it.
  func put<Response: Message>(
    _ token: String,
    _ response: Response,
    _ key: KeyInfo?,
    to file: KeyFile?,
    hide: (inout Response) -> Void
  ) throws {
    let key = key ?? KeyInfo()
    do {
      try file?.write(token)
      var shown = response
      if file != nil { hide(&shown) }
      try output.print(shown) { file == nil ? token + "\n" : "" }
    } catch {
      throw Failure(
        description: "\(error). The key \(key.keyID) was made and is lost: correct this, and "
          + "`patrond keys rotate \(key.keyID) --overlap 0` makes a new secret"
      )
    }
    report(KeyText.summary(key))
    if let out {
      report("written to \(out), which only its owner may read; it is not shown again")
    } else {
      report("it is not shown again: keep it in a file that only its owner may read")
    }
  }
}
