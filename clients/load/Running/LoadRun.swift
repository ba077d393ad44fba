import NIOCore
import NIOPosix
import TTRPC

/// One run: it starts the loops, waits for their end and collects the measurements.
struct LoadRun {
  let settings: LoadSettings
  let template: RequestTemplate
  /// Called once a second with the measurements of that second.
  var onProgress: ((IntervalStatistics, _ elapsed: Duration) -> Void)?

  private typealias Loops = [(eventLoop: any EventLoop, loop: NIOLoopBound<LoadLoop>)]

  /// Interval at which the end of the run is checked.
  private static let tick = Duration.milliseconds(20)

  /// Runs to the end and returns the result after the last call has ended.
  ///
  /// - Throws: an `RPCError` if the server cannot be reached at the start or lets no call in, a
  /// ``TemplateError`` if a request could not be rendered.
  func run() async throws -> LoadResult {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads)
    do {
      let result = try await run(on: group)
      try? await group.shutdownGracefully()
      return result
    } catch {
      try? await group.shutdownGracefully()
      throw error
    }
  }

  private func run(on group: MultiThreadedEventLoopGroup) async throws -> LoadResult {
    let state = RunState(settings)
    let loops = try await makeLoops(group, state)
    do {
      for (eventLoop, loop) in loops {
        try await eventLoop.flatSubmit { loop.value.connect() }.get()
      }
    } catch {
      _ = try await finish(loops)
      throw error
    }
    let date = WallClock.now
    let start = RunState.now()
    state.start(at: start)
    for (eventLoop, loop) in loops { eventLoop.execute { loop.value.start(at: start) } }
    await waitForEnd(state, loops)
    let cpu = CPUTime.now - state.measuringStartCPU
    let statistics = try await finish(loops)
    if let error = state.error { throw error }
    return LoadResult(
      settings: settings,
      statistics: statistics,
      start: state.measuringStartTime,
      cpu: cpu,
      endReason: state.endReason,
      date: date
    )
  }

  private func makeLoops(
    _ group: MultiThreadedEventLoopGroup,
    _ state: RunState
  ) async throws -> Loops {
    var loops: Loops = []
    for (index, eventLoop) in group.makeIterator().enumerated() {
      let (settings, template) = (settings, template)
      let loop = try await eventLoop.submit {
        let share = LoopShare(
          index,
          of: settings.threads,
          callers: settings.callers,
          connections: settings.connections
        )
        let loop: LoadLoop =
          if let plan = settings.rate {
            OpenLoop(
              eventLoop: eventLoop,
              settings: settings,
              state: state,
              template: template,
              share: share,
              plan: plan
            )
          } else {
            ClosedLoop(
              eventLoop: eventLoop,
              settings: settings,
              state: state,
              template: template,
              share: share
            )
          }
        return NIOLoopBound(loop, eventLoop: eventLoop)
      }.get()
      loops.append((eventLoop, loop))
    }
    return loops
  }

  private func waitForEnd(_ state: RunState, _ loops: Loops) async {
    var lastReport = ContinuousClock.now
    let start = lastReport
    var wasInterrupted = false
    while state.finishedLoops < loops.count {
      try? await Task.sleep(for: Self.tick)
      if Interruption.wasRequested, !wasInterrupted {
        wasInterrupted = true
        state.stop(.interrupted)
        for (eventLoop, loop) in loops { eventLoop.execute { loop.value.stop() } }
      }
      let now = ContinuousClock.now
      guard let onProgress, now - lastReport >= .seconds(1) else { continue }
      lastReport = now
      var interval = IntervalStatistics()
      for (eventLoop, loop) in loops {
        let part = try? await eventLoop.submit { loop.value.takeInterval() }.get()
        if let part { interval.add(part) }
      }
      onProgress(interval, now - start)
    }
  }

  private func finish(_ loops: Loops) async throws -> LoopStatistics {
    var merged: LoopStatistics?
    for (eventLoop, loop) in loops {
      let part = try await eventLoop.submit { loop.value.finish() }.get()
      if merged == nil { merged = part } else { merged?.add(part) }
    }
    return merged ?? LoopStatistics(settings, template)
  }
}
