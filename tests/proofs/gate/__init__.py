"""Model of the gate: two writers, two ticks, deaths, a store that loses answers, and time."""
