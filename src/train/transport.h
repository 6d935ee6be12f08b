// Messages between the processes of a run, as MPI has them: the little that the communicator builds on. All
// calls come from one thread, the one that made it. The implementation over MPI is a library of its own
// beside the program, so that the program starts where there is no MPI.
#pragma once

#include <cstddef>
#include <string>

namespace osu {

class Transport {
  public:
    virtual ~Transport() = default;  // the last call: when no message is under way any more

    virtual int rank() const = 0;
    virtual int size() const = 0;
    virtual int rank_here() const = 0;  // among those that share this host
    virtual int ranks_here() const = 0;
    virtual const std::string& name(int rank) const = 0;  // "rank 3 on HOST, process 1234"

    // Begin to move `bytes` from or to memory that must stay until done(request) was true, which it is once.
    // Messages of one tag between two ranks arrive in the order in which they were sent.
    using Request = size_t;
    virtual Request send(int to, int tag, const void* data, size_t bytes) = 0;
    virtual Request receive(int from, int tag, void* data, size_t bytes) = 0;
    virtual bool done(Request request) = 0;

    [[noreturn]] virtual void abort() = 0;  // ends the processes of all ranks, with a status that is not zero
};

// What the library exports under the name below.
using MakeTransport = Transport*();
constexpr const char* make_transport_symbol = "osu_make_transport";
constexpr const char* mpi_library = "osu-diffusion-mpi.so";

}  // namespace osu
