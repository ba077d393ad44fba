import ArgumentParser
import PatronProto
import ProtobufC

struct KeysRevoke: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Refuse a key from now on.",
    discussion: """
      Calls with the key fail within a second, and streams that run with it end. A revoked key \
      stays in the list and is never valid again. --former-secret ends only the secret before \
      the last rotation.

      EXAMPLES
        patrond keys revoke 3m8r0v6s2kd5w1xq9ptz7cjbna
        patrond keys revoke 3m8r0v6s2kd5w1xq9ptz7cjbna --former-secret
      """
  )

  @OptionGroup var data: DataOptions

  @Argument(help: ArgumentHelp("The id of the key.", valueName: "key-id"))
  var key: KeyIDArgument

  @Flag(help: "End only the secret before the last rotation; the key goes on.")
  var formerSecret = false

  @OptionGroup var output: OutputOptions

  func validate() throws { try key.validate() }

  func run() async throws {
    try data.requireDatabase(for: "revoke")
    try await OperatorSession(data: data).run { admin in
      let response = try await admin.revokeKey(
        .with {
          $0.keyID = key.text
          $0.formerSecretOnly = formerSecret
        }
      )
      let did = formerSecret ? "ended the former secret of the key" : "revoked the key"
      try output.print(response) {
        response.outcome == .unchanged
          ? "unchanged: that was done before\n" : "\(did) \(key.text)\n"
      }
    }
  }
}
