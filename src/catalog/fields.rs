//! What each table can show: the fields that a `views/*.toml` may name.

use serde::Deserialize;

/// Declares the fields of one table: kebab-case in files.
macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $field:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, strum::EnumIter, strum::Display)]
        #[serde(rename_all = "kebab-case")]
        #[strum(serialize_all = "kebab-case")]
        pub enum $name { $($(#[$about])* $field),+ }
    };
}

fields! {
    /// Fields of the findings queue.
    QueueField {
        Priority,
        Reading,
        /// Why the evidence does not decide, when it does not.
        Reason,
        Tag,
        /// The agent's whole key.
        Agent,
        /// The workload and the agent inside it, without realm and space.
        AgentName,
        Title,
        Discipline,
        Plane,
        Pattern,
        Last,
        Notes,
        Id,
    }
}

fields! {
    /// Fields of the agents screen.
    AgentField {
        Agent,
        Registered,
        Owner,
        Evidence,
        Events,
        Exercised,
        Unused,
        Unobservable,
        Inherited,
        Findings,
        Spawns,
        Converged,
        /// Whether it was active, by the census.
        Active,
        /// Acts that no record permits.
        Improvised,
        Last,
    }
}

fields! {
    /// Fields of the delegation tree beside its label.
    TreeField {
        Label,
        Kind,
        Edge,
        Calls,
        /// Different tools.
        Tools,
        /// Different targets.
        Targets,
        Models,
        SubAgents,
        Inherited,
        Crossings,
        Errors,
        Denied,
        Tokens,
        Cost,
        Effects,
        Findings,
        Duration,
        OwnTime,
        Start,
    }
}

fields! {
    /// Fields of the storyline.
    TimelineField { Time, Lane, Title, Actor, Marks, Findings, Took }
}

fields! {
    /// Fields of the traces.
    TraceField {
        Start,
        Label,
        Agent,
        Trace,
        Nodes,
        Roots,
        /// Spans whose parent is not there, or before which a cycle was cut.
        Mended,
        Calls,
        Tools,
        Targets,
        Models,
        SubAgents,
        Inherited,
        Crossings,
        Errors,
        Denied,
        Findings,
        Tokens,
        Cost,
        Took,
    }
}

fields! {
    /// Fields of the identity chains.
    ChainField { Agent, Root, Acting, Hops, Weakest, Events }
}

fields! {
    /// Fields of the effective scope.
    ScopeField { Plane, How, Permits, Count, By, Upstream, Depends, Since }
}

fields! {
    /// Fields of an event in search results.
    EventField {
        Time,
        Kind,
        Agent,
        Principal,
        Action,
        Target,
        Decision,
        Outcome,
        Source,
        Session,
        Trace,
        Model,
        Instance,
    }
}

fields! {
    /// Fields of the docket.
    DisputeField { Agent, Title, Provisioning, Behavioural, State, Ruling, Until }
}

fields! {
    /// Fields of the problems screen.
    ProblemField { Kind, Place, Message }
}

fields! {
    /// Fields of the help screen.
    HelpField { Keys, Command, Group, Help, Where }
}
