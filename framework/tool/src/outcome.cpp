#include "outcome.h"

#include <cstdio>

namespace rondeau::tool {

int report(const Refusal& refusal) {
  std::fprintf(stderr, "rondeau: %s\n", refusal.sentence.c_str());
  return refusal.code;
}

}  // namespace rondeau::tool
