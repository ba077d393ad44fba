import ArgumentParser
import PatronServer
import TTRPC
import TTRPCNIO

/// The flag of the memory that clients can make the server take.
struct MemoryOptions: ParsableArguments {
  @Option(help: .setting("memory-mib")) var memoryMib: Int?

  func validate() throws {
    if let memoryMib { try Setting.check(memoryMib, "memory-mib") }
  }

  /// Returns the settings with limits that fit the flag, or as they are without the flag.
  ///
  /// - Throws: a usage error if the other limits need more.
  func fitting(
    _ settings: MemoryBound.Settings,
    set: Set<MemoryBound.Scaled>
  ) throws -> MemoryBound.Settings {
    var settings = settings
    settings.spareConnections =
      TTRPCServer.maxRefusedConnections + TTRPCServer.maxOperatorConnections
    guard let memoryMib else { return settings }
    do {
      return try settings.scaled(to: memoryMib << 20, set: set)
    } catch {
      let minimum = (error.minimum + (1 << 20) - 1) >> 20
      throw ValidationError(
        "--memory-mib is \(memoryMib); the other limits need at least \(minimum): raise it, or "
          + "lower --max-connections (\(settings.limits.connections)), --max-calls, "
          + "--max-watches, --max-parked-scans or limits in bytes."
      )
    }
  }
}
