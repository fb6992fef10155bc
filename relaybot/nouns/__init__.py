"""What several verbs do to one noun: people, pairs, meetings, cases. Shared helpers live here, never sideways."""
