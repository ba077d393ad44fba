import ArgumentParser
import PatronProto
import ProtobufC
import TTRPC
import TTRPCNIO

/// The command `patrond status`.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show what the running server does: sizes, queues, connections, settings.",
    discussion: """
      Asks the server of the data directory by its socket patron.sock, which only its own user and \
      root can use. `patron status` asks with a key, also from another machine.

      EXAMPLES
        patrond status --data /var/lib/patron
        patrond status --output json
      """
  )

  @OptionGroup var data: DataOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let path = data.data + "/" + OperatorSession.socketName
    let client = TTRPCClient(ClientConfiguration(target: .unix(path: path)))
    let result: Result<GetStatusResponse, RPCError>
    do throws(RPCError) {
      let operations = OperationsServiceClient(channel: client)
      result = .success(try await operations.getStatus(GetStatusRequest()))
    } catch {
      result = .failure(error)
    }
    await client.close()
    switch result {
    case .success(let status): try output.print(status) { Self.table(status) }
    case .failure(let error):
      throw Failure(
        description: "no server answers at \(path): \(error.message). Start one, or name its "
          + "directory with --data or PATRON_DATA"
      )
    }
  }

  private static func table(_ status: GetStatusResponse) -> String {
    let rows = status.rows(time: KeyText.time)
    let width = rows.map(\.name.count).max() ?? 0
    return rows.map { row in
      row.name + String(repeating: " ", count: width - row.name.count + 2) + row.value + "\n"
    }.joined()
  }
}
