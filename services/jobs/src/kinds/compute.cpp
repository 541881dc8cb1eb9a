#include "compute.h"

#include <functional>
#include <utility>

#include <rondeau/coding/encoder.h>
#include <rondeau/crypto/digest.h>
#include <rondeau/task/blocking.h>
#include <rondeau/text/base64.h>

namespace jobs {
namespace {

using namespace rondeau;

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::int64_t kPiecesPerMib = 16;

/// What a thread looks at, since nobody can destroy it as a coroutine is destroyed.
using Stop = std::atomic<bool>;  // set by the coroutine's end, read between two pieces; late by one of them at most

struct StopAtTheEnd {
  std::shared_ptr<Stop> stop = std::make_shared<Stop>(false);
  ~StopAtTheEnd() { stop->store(true, std::memory_order_relaxed); }
};

/// Calls `piece(i)` for each piece; false: it was stopped.
bool for_each_piece(std::int64_t pieces, const Stop& stop, Progress& progress,
                    const std::function<void(std::int64_t)>& piece) {
  for (std::int64_t i = 0; i < pieces; ++i) {
    if (stop.load(std::memory_order_relaxed)) return false;
    piece(i);
    progress.set(static_cast<double>(i + 1) / static_cast<double>(pieces));
  }
  return true;
}

Ran hash(std::int64_t mib, const Stop& stop, Progress& progress) {
  const std::string zeros(kPiece, '\0');
  crypto::Sha256 digest;
  if (!for_each_piece(mib * kPiecesPerMib, stop, progress, [&](std::int64_t) { digest.add(zeros); })) {
    return RunFailure{"stopped"};
  }
  return R"({"sha256":")" + text::hex_encode(digest.finish()) + R"(","bytes":)" + std::to_string(mib << 20) + "}";
}

/// Lines that are alike, but not the same: what logs look like to gzip.
std::string made_up_piece(std::int64_t number) {
  std::string piece;
  piece.reserve(kPiece + 64);
  for (std::int64_t line = 0; piece.size() < kPiece; ++line) {
    piece += "piece " + std::to_string(number) + " line " + std::to_string(line * 7919 % 10007) + " all is well\n";
  }
  piece.resize(kPiece);
  return piece;
}

Ran compress(const CompressPayload& payload, const Stop& stop, Progress& progress) {
  if (!coding::is_available(Coding::Gzip)) return RunFailure{"this program was built without zlib", true};
  const std::int64_t pieces = payload.mib ? **payload.mib * kPiecesPerMib
                                          : static_cast<std::int64_t>((payload.text->size() + kPiece - 1) / kPiece);
  const auto encoder = coding::make_encoder(Coding::Gzip);
  std::string out;
  std::int64_t bytes_in = 0;
  std::int64_t bytes_out = 0;
  std::optional<Error> failed;
  const bool done = for_each_piece(pieces, stop, progress, [&](std::int64_t i) {
    const std::string piece =
        payload.mib ? made_up_piece(i) : payload.text->substr(static_cast<std::size_t>(i) * kPiece, kPiece);
    bytes_in += static_cast<std::int64_t>(piece.size());
    if (auto coded = encoder->encode(piece, coding::Encoder::End::None, out); !coded) failed = coded.error();
    if (!payload.mib) return;
    bytes_out += static_cast<std::int64_t>(out.size());
    out.clear();
  });
  if (!done) return RunFailure{"stopped"};
  if (auto coded = encoder->encode({}, coding::Encoder::End::Finish, out); !coded) failed = coded.error();
  if (failed) return RunFailure{std::string(failed->message())};
  bytes_out += static_cast<std::int64_t>(out.size());
  std::string result = R"({"bytes_in":)" + std::to_string(bytes_in) + R"(,"bytes_out":)" + std::to_string(bytes_out);
  if (payload.text) result += R"(,"gzip":")" + text::base64_encode(out) + '"';
  return result + "}";
}

template <class F>
Task<Ran> on_a_thread(BlockingPool& pool, std::shared_ptr<Progress> progress, F work) {
  const StopAtTheEnd guard;
  auto ran = co_await blocking(pool, [stop = guard.stop, progress = std::move(progress), work = std::move(work)] {
    return work(*stop, *progress);
  });
  if (!ran) co_return RunFailure{"no thread: " + std::string(Error(ran.error()).message())};
  co_return *std::move(ran);
}

}  // namespace

void validate(const CompressPayload& payload, Violations& wrong) {
  if (payload.mib.has_value() == payload.text.has_value()) wrong.add(payload, "must have one of mib and text");
}

Task<Ran> run_hash(HashPayload payload, std::shared_ptr<Progress> progress, BlockingPool& pool) {
  co_return co_await on_a_thread(pool, std::move(progress), [mib = *payload.mib](const Stop& stop, Progress& told) {
    return hash(mib, stop, told);
  });
}

Task<Ran> run_compress(CompressPayload payload, std::shared_ptr<Progress> progress, BlockingPool& pool) {
  co_return co_await on_a_thread(
      pool, std::move(progress),
      [payload = std::move(payload)](const Stop& stop, Progress& told) { return compress(payload, stop, told); });
}

}  // namespace jobs
