// How many bytes the frames of the library's busiest coroutines have. A frame that grew over its budget kept something
// across a co_await that it need not: look there before the number is raised.
//
// This program has the library's frame memory replaced, which then tells what each coroutine asks for.
#include <cstddef>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/detail/frame_cache.h>
#include <rondeau/io/copy.h>
#include <rondeau/io/framed.h>
#include <rondeau/io/length_delimited_codec.h>
#include <rondeau/io/read.h>
#include <rondeau/net/unix_stream.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/task_scope.h>

using namespace rondeau;

namespace {

thread_local std::vector<std::size_t>* asked_for = nullptr;
constexpr std::align_val_t kAlignment{64};

}  // namespace

void* rondeau::detail::allocate_frame(std::size_t size) {
  if (asked_for != nullptr) asked_for->push_back(size);
  return ::operator new(size, kAlignment);
}
void rondeau::detail::free_frame(void* memory, std::size_t size) noexcept {
  ::operator delete(memory, size, kAlignment);
}
std::size_t rondeau::detail::live_frames() noexcept {
  return 0;
}

namespace {

/// What was asked for while this lives.
class Asked {
 public:
  Asked() { asked_for = &sizes_; }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;
  ~Asked() { asked_for = nullptr; }
  const std::vector<std::size_t>& sizes() const noexcept { return sizes_; }

 private:
  std::vector<std::size_t> sizes_;
};

/// Makes a Task and no more.
template <class Make>
std::size_t frame_of(Make make) {
  const Asked asked;
  discard(make());
  REQUIRE(asked.sizes().size() == 1);
  return asked.sizes().front();
}

struct Measured {
  std::string name;
  std::size_t bytes;
  std::size_t budget;  ///< optimised, with debug assertions or without
};

std::vector<Measured> measure_io() {
  auto [a, b] = net::UnixStream::pair().value();
  std::byte bytes[16]{};
  io::FramedRead<net::UnixStream&, io::LengthDelimitedCodec> framed(a, io::LengthDelimitedCodec());
  return {
      {"io::read_exact", frame_of([&] { return io::read_exact(a, bytes); }), 256},
      {"io::write_all", frame_of([&] { return io::write_all(a, bytes); }), 256},
      {"io::copy", frame_of([&] { return io::copy(a, b); }), 320},
      {"io::copy_bidirectional", frame_of([&] { return io::copy_bidirectional(a, b); }), 512},
      {"io::FramedRead::next", frame_of([&] { return framed.next(); }), 256},
  };
}

Task<std::vector<Measured>> measure_scope() {
  const Asked asked;
  co_await task::TaskScope::run([](task::TaskScope&) -> Task<void> { co_return; });
  // Called in this order, each by the one before.
  REQUIRE(asked.sizes().size() == 3);
  co_return std::vector<Measured>{
      {"TaskScope::run", asked.sizes()[0], 576},
      {"TaskScope::enclosed", asked.sizes()[1], 128},
      {"a coroutine that waits for nothing", asked.sizes()[2], 64},
  };
}

constexpr std::size_t allowed(std::size_t budget) noexcept {
#ifdef __OPTIMIZE__
  return budget;
#else
  return budget * 3 / 2;  // what is not live across a co_await stands in the frame as well
#endif
}

}  // namespace

TEST_CASE("ME3: the frames of the library's busiest coroutines keep to their budgets") {
  auto runtime = runtime::Builder::current_thread().build().value();
  std::vector<Measured> all = runtime.block_on([]() -> Task<std::vector<Measured>> { co_return measure_io(); });
  for (const Measured& each : runtime.block_on(measure_scope())) all.push_back(each);
  for (const Measured& each : all) {
    CAPTURE(each.name);
    CHECK(each.bytes > 0);
    CHECK(each.bytes <= allowed(each.budget));
  }
}
