// micro WORKERS [FILTER] [NAME]: the runtime's micro-benchmarks. Prints NAME<TAB>bench<TAB>ns_per_op, each the median of
// its repetitions. FILTER is "all" or a comma list; MICRO_CPU=1 reports CPU time of the process instead of wall time.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "harness.h"

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  const long workers = std::strtol(first.c_str(), nullptr, 10);
  if (argc > 4 || workers < 1) {
    std::fprintf(stderr,
                 "usage: micro WORKERS [FILTER] [NAME]\n"
                 "  FILTER  all, or a comma list such as ping_pong,mpsc_1_1\n"
                 "  NAME    the first column; default rondeau\n"
                 "  MICRO_CPU=1 in the environment: CPU time of the process instead of wall time\n");
    return first == "--help" || first == "-h" ? 0 : 2;
  }
  auto runtime = rondeau::runtime::Builder::multi_thread().worker_threads(static_cast<std::size_t>(workers)).build();
  if (!runtime) {
    std::fprintf(stderr, "micro: %s\n", runtime.error().message().c_str());
    return 1;
  }
  micro::Bench bench(*std::move(runtime), argc > 2 ? argv[2] : "all", argc > 3 ? argv[3] : "rondeau");
  micro::bench_tasks(bench);
  micro::bench_channels_and_locks(bench);
  micro::bench_timers_and_sockets(bench);
}
