#include <rondeau/detail/crowd.h>

#include "sync/crowd_inl.h"

namespace rondeau::detail {

template class BasicCrowd<StdAtomics>;

}  // namespace rondeau::detail
