// How a command ends: a value, or one sentence and an exit code.
#pragma once

#include <string>
#include <utility>

#include <rondeau/base/result.h>

namespace rondeau::tool {

inline constexpr int kEnded = 0;
inline constexpr int kFailed = 1;   ///< it was tried and did not work, or the answer is no
inline constexpr int kRefused = 2;  ///< it cannot be asked for: nothing was changed

/// Why a command ends early.
struct Refusal {
  int code = kRefused;
  std::string sentence;

  const std::string& message() const noexcept { return sentence; }
};

template <class T>
using Outcome = Result<T, Refusal>;

inline Refusal refuse(std::string sentence) {
  return {kRefused, std::move(sentence)};
}
inline Refusal fail(std::string sentence) {
  return {kFailed, std::move(sentence)};
}

/// Says why on stderr, and gives the exit code.
int report(const Refusal& refusal);

}  // namespace rondeau::tool
