import ArgumentParser
import PatronProto
import ProtobufC

struct KeysRotate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Give a key a new secret, and print it this once.",
    discussion: """
      The id, the store, the scopes and the names of the key stay. The former secret is valid for \
      the time of --overlap as well, so that programs can change over one by one; a second \
      rotation in that time ends it. `--overlap 0` ends it at once. Output is as of `patrond keys \
      create`.

      EXAMPLES
        patrond keys rotate 3m8r0v6s2kd5w1xq9ptz7cjbna --out shop.key
        patrond keys rotate 3m8r0v6s2kd5w1xq9ptz7cjbna --overlap 7d \\
          --expires 90d > shop.key
      """
  )

  @OptionGroup var data: DataOptions

  @Argument(help: ArgumentHelp("The id of the key.", valueName: "key-id"))
  var key: KeyIDArgument

  @Option(
    help: ArgumentHelp(
      "Time for which the former secret is valid as well, 0 to 30d. (default: 1d)",
      valueName: "duration"
    ),
    transform: { try OverlapArgument($0) }
  )
  var overlap: OverlapArgument?

  @Option(
    help: ArgumentHelp(
      "New end of the key: a duration, or a date or time in UTC. (default: the end that it has)",
      valueName: "time"
    ),
    transform: { try ExpiryArgument($0) }
  )
  var expires: ExpiryArgument?

  @OptionGroup var keyOutput: KeyOutput

  func validate() throws {
    try key.validate()
    if expires == .never {
      throw ValidationError("the end of a key can be moved, and not taken away; make a new key.")
    }
  }

  func run() async throws {
    try data.requireDatabase(for: "rotate")
    let request = RotateKeyRequest.with {
      $0.keyID = key.text
      $0.overlapSeconds = overlap?.seconds
      $0.expiresAt = expires.flatMap(KeyText.timestamp)
    }
    try await OperatorSession(data: data).run { admin in
      let file = try keyOutput.makeFile()
      let response: RotateKeyResponse
      do {
        response = try await admin.rotateKey(request)
      } catch {
        file?.remove()
        throw error
      }
      try keyOutput.put(response.token, response, response.key, to: file) { shown in
        shown.token = ""
      }
    }
  }
}

/// The time in which two secrets of a key are valid.
struct OverlapArgument: Equatable {
  let seconds: Int32

  static let maxSeconds: Int32 = 30 * 86_400

  /// Reads `0` or a duration such as `7d`.
  init(_ text: String) throws {
    let micros = text == "0" ? 0 : try ExpiryArgument.duration(text)
    guard let micros, micros <= Int64(Self.maxSeconds) * 1_000_000 else {
      throw ValidationError(
        "`\(text.prefix(64))` is no overlap; expected is 0, or a duration in minutes, hours, days "
          + "or weeks such as 30m, 12h or 7d, up to 30d"
      )
    }
    seconds = Int32(micros / 1_000_000)
  }
}
