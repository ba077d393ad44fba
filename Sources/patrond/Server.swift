import ArgumentParser
import Foundation
import PatronProto
import PatronServer
import PatronService
import PatronStore
import TTRPC
import TTRPCNIO
import UnixSignals

/// The life cycle of the server: open the store, listen, wait for a signal, drain, close.
struct Server {
  let storeOptions: StoreOptions
  let addresses: [ListenAddress]
  let threads: Int
  let limits: Limits
  let readyFile: String?
  let feeds: FeedHub

  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    let store = try open()
    let health = HealthState(services: [CustomerService.name, TimelineService.name])
    let server = try await listen(store, health)
    announce(server.addresses)
    for await signal in signals {
      report("\(signal): finishing the calls in flight")
      break
    }
    health.end()
    feeds.end()
    let isClean = await server.drain()
    await server.shutdown()
    store.close()
    report(isClean ? "stopped" : "stopped; calls that exceeded the grace period were cancelled")
  }

  private func open() throws -> Store {
    var options = storeOptions
    options.commitObserver = { [feeds] changes in feeds.observe(changes) }
    return try Store.opened(options)
  }

  private func listen(_ store: Store, _ health: HealthState) async throws -> TTRPCServer {
    var configuration = TTRPCServer.Configuration()
    configuration.limits = limits
    configuration.threads = threads
    let routes = Routes.patron()
    let limits = limits
    do {
      return try await TTRPCServer.start(addresses, configuration: configuration) { [feeds] loop in
        ComposedDispatcher([
          dispatcher(routes, store, feeds, limits, loop), HealthDispatcher(health),
        ])
      }
    } catch {
      store.close()
      throw Failure(description: "\(error)")
    }
  }

  private func announce(_ addresses: [ListenAddress]) {
    let names = addresses.map(\.description)
    let list = names.joined(separator: ", ")
    report("patrond \(ServerVersion.text) serves \(storeOptions.directory) on \(list)")
    guard let readyFile, let first = names.first else { return }
    do {
      try Data(first.utf8).write(to: URL(fileURLWithPath: readyFile), options: .atomic)
    } catch {
      report("cannot write --ready-file \(readyFile): \(error.localizedDescription)")
    }
  }
}

/// Returns the dispatcher of one I/O loop. Exits the process if the loop's database connection
/// cannot be opened.
private func dispatcher(
  _ routes: Routes,
  _ store: Store,
  _ feeds: FeedHub,
  _ limits: Limits,
  _ loop: any ServerLoop
) -> any CallDispatcher {
  do {
    return try LaneDispatcher(
      routes: routes,
      store: store,
      feeds: feeds,
      loop: loop,
      limits: limits,
      onUnexpectedError: { report("\($0)") }
    )
  } catch {
    report("cannot open the database for reading: \(error)")
    exit(1)
  }
}

/// Writes one line to standard error.
func report(_ text: String) {
  FileHandle.standardError.write(Data((text + "\n").utf8))
}
